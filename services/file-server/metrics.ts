import { type Metrics, SIZE_BYTES } from "@swarmpost/runtime";

/** Registers the metrics of file-server. */
export function fileServerMetrics(metrics: Metrics) {
  return {
    uploads: metrics.counter("swarmpost_file_server_uploads_total", "Uploads by what became of them.", {
      result: ["stored", "refused", "failed"],
    }),
    downloads: metrics.counter("swarmpost_file_server_downloads_total", "Downloads by what became of them.", {
      result: ["served", "missing", "failed"],
    }),
    extensions: metrics.counter("swarmpost_file_server_extensions_total", "Extensions by what became of them.", {
      result: ["extended", "missing", "failed"],
    }),
    onions: metrics.counter("swarmpost_file_server_onion_requests_total", "Onion requests by what became of them.", {
      result: ["answered", "refused"],
    }),
    fileSize: metrics.histogram("swarmpost_file_server_file_bytes", "Sizes of the stored files.", SIZE_BYTES),
    sweeps: metrics.counter("swarmpost_file_server_sweeps_total", "Looks for files that have expired.", {
      result: ["done", "failed"],
    }),
    removedFiles: metrics.counter(
      "swarmpost_file_server_removed_files_total",
      "Expired files and unfinished uploads whose bytes were removed.",
    ),
  };
}

/** The metrics of file-server. */
export type FileServerMetrics = ReturnType<typeof fileServerMetrics>;
