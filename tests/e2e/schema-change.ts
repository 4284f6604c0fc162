import type { Database } from "@swarmpost/postgres";

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly required: boolean;
  /** Whether an insert may leave it out although it is required. */
  readonly filled: boolean;
}

/** What programs rely on in a database: its columns, and the rules that refuse rows. */
export interface SchemaState {
  readonly columns: ReadonlyMap<string, Column>;
  readonly tables: ReadonlySet<string>;
  /** Checks, keys and unique indexes, with the table that each is on. */
  readonly rules: ReadonlyMap<string, string>;
}

const COLUMNS = `
  select c.oid::regclass::text as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
    a.attnotnull as required, a.atthasdef or a.attidentity <> '' as filled
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`;
const RULES = `
  select conrelid::regclass::text as "table", conname || ' ' || pg_get_constraintdef(oid) as rule
  from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0 and contype <> 'n'
  union
  select indrelid::regclass::text, pg_get_indexdef(indexrelid)
  from pg_index join pg_class on pg_class.oid = indrelid
  where indisunique and relnamespace = 'public'::regnamespace`;

/** Reads the schema as it is now. */
export async function readSchema(database: Database): Promise<SchemaState> {
  const columns = (await database.query<Column>({ text: COLUMNS })).rows;
  const rules = (await database.query<{ table: string; rule: string }>({ text: RULES })).rows;
  return {
    columns: new Map(columns.map((column) => [`${column.table}.${column.column}`, column])),
    tables: new Set(columns.map(({ table }) => table)),
    rules: new Map(rules.map(({ table, rule }) => [`${table}: ${rule}`, table])),
  };
}

/** What a program that was written for the schema before may trip over in the one after; nothing when the step only added. */
export function hindrances(before: SchemaState, after: SchemaState): string[] {
  const gone = [...before.columns].flatMap(([name, was]) => changeOf(name, was, after.columns.get(name)));
  const demanded = [...after.columns]
    .filter(([name, { table }]) => before.tables.has(table) && !before.columns.has(name))
    .filter(([, { required, filled }]) => required && !filled)
    .map(([name]) => `${name} is new, must be given and has no default`);
  const stricter = [...after.rules]
    .filter(([rule, table]) => before.tables.has(table) && !before.rules.has(rule))
    .map(([rule]) => `a new rule refuses rows of ${rule}`);
  return [...gone, ...demanded, ...stricter];
}

function changeOf(name: string, was: Column, is: Column | undefined): string[] {
  if (is === undefined) return [`${name} is gone`];
  if (is.type !== was.type) return [`${name} was ${was.type} and is ${is.type}`];
  if (is.required && !was.required) return [`${name} must now be given`];
  return was.filled && is.required && !is.filled ? [`${name} has lost its default`] : [];
}
