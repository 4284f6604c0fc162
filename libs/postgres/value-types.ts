import { type CustomTypesConfig, types } from "pg";

const INT8 = 20;
const INT8_ARRAY = 1016;

// The driver's declarations know only some type numbers.
const parserOf = types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown;

const int8 = (text: string): bigint => BigInt(text);
const texts = parserOf(INT8_ARRAY, "text") as (text: string) => (string | null)[];
const int8Array = (text: string) => texts(text).map((item) => (item === null ? null : BigInt(item)));

/** How values come back: `int8` and `int8[]` as bigint, `bytea` as Buffer, `numeric` as text, the rest as node-postgres does. */
export const valueTypes: CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (format !== "binary" && oid === INT8) return int8;
    if (format !== "binary" && oid === INT8_ARRAY) return int8Array;
    return parserOf(oid, format);
  },
};
