"""Connect the lanes to Kafka's consumer group through Faust.

``app`` builds the Faust app, hands every record to its lane and every rebalance to the lanes.
``consumer`` and ``table_manager`` replace two classes of Faust where its behaviour would delay or
lose records. Nothing is decided here, and Faust commits nothing: offsets belong to the lanes' own
transactions.
"""
