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
    fileSize: metrics.histogram("swarmpost_file_server_file_bytes", "Sizes of the stored files.", SIZE_BYTES),
    sweeps: metrics.counter("swarmpost_file_server_sweeps_total", "Looks for days whose files have all expired.", {
      result: ["done", "failed"],
    }),
    droppedDays: metrics.counter(
      "swarmpost_file_server_dropped_days_total",
      "Days of expired files whose disk was given back.",
    ),
  };
}

/** The metrics of file-server. */
export type FileServerMetrics = ReturnType<typeof fileServerMetrics>;
