// Validates AsyncAPI documents with their Avro schemas and examples: node validate.mjs FILE...
// Exit code 1 if a document has an error; each is printed with its place.
import { readFileSync } from "node:fs";
import { AvroSchemaParser } from "@asyncapi/avro-schema-parser";
import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import { load } from "js-yaml";

const ERROR = 0; // the severity of an error in a diagnostic
const avro = AvroSchemaParser();
const parser = new Parser();
parser.registerSchemaParser(avro);

// The parser converts Avro schemas of AsyncAPI 3 and does not validate them: done here.
async function avroErrors(source) {
  const components = load(source).components ?? {};
  const places = [
    ...Object.entries(components.messages ?? {}).map(([name, one]) => [`messages/${name}`, one.payload]),
    ...Object.entries(components.schemas ?? {}).map(([name, one]) => [`schemas/${name}`, one]),
  ];
  const found = places.map(async ([place, one]) =>
    (await avro.validate({ data: one?.schema, path: [] })).map((error) => `components/${place}: ${error.message}`),
  );
  return (await Promise.all(found)).flat();
}

// Nor does it compare the examples with a schema that was Avro.
function exampleErrors(document) {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return document.messages().all().flatMap((message) => {
    const { schema } = message.payload().json();
    const fits = ajv.compile(JSON.parse(JSON.stringify(schema)));
    return message.examples().all().flatMap((example) =>
      fits(example.payload())
        ? []
        : [`components/messages/${message.id()}/examples/${example.name()}: ${ajv.errorsText(fits.errors)}`],
    );
  });
}

for (const file of process.argv.slice(2)) {
  const source = readFileSync(file, "utf8");
  const { document, diagnostics } = await parser.parse(source, { source: file });
  const errors = diagnostics
    .filter((one) => one.severity === ERROR)
    .map((one) => `${one.path.join("/")}: ${one.message}`);
  errors.push(...(await avroErrors(source)));
  if (document !== undefined) {
    errors.push(...exampleErrors(document));
  }
  errors.forEach((error) => console.log(`error ${error}`));
  if (document === undefined || errors.length > 0) {
    process.exitCode = 1;
  } else {
    console.log(`valid: ${document.channels().all().length} channels, ${document.messages().all().length} messages`);
  }
}
