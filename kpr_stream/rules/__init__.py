"""The rules for items: column expressions, texts, examples, vendors' pages."""
