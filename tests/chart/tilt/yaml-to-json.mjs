// Reads YAML documents from standard input and writes them as one JSON list.
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";

const documents = parseAllDocuments(await text(process.stdin));
process.stdout.write(JSON.stringify(documents.map((document) => document.toJS()).filter((object) => object !== null)));
