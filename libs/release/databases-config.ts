import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";

/** Configuration of `databases`. */
export const databasesConfig = defineConfig({
  DATABASES_DIR: { schema: configTypes.text, doc: "Folder with a file for each database: its URL." },
  DATABASE_SERVERS_DIR: {
    schema: configTypes.text,
    doc: "Folder with a file for each server: its administrator's URL. A database belongs to the server at its host and port.",
  },
});

/** The values that the table describes. */
export type DatabasesConfig = ConfigOf<typeof databasesConfig>;
