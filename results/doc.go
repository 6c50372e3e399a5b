// Package results keeps what was seen: the results of a run, the table of
// metrics, quantities as people write them, and the run directory in which all
// of it is stored. Statistics are not stored: they are made again from the run
// directory whenever they are wanted.
//
// # Concepts
//
// A run executes the cases of one scenario. A case is one combination of factor
// levels, named by its key ("length=2920/links=1", factors in sweep order). Each
// repeat of a case gives one [Result]: an [Outcome], metrics, marks and
// conditions. The raw values behind the metrics are [Sample]s, grouped in series
// that carry the name of their row of the metric table. Repeats are grouped in
// boots (a reset and an association) and, in each boot, in blocks of interleaved
// repeats.
//
// Identity is what is compared (module, firmware, link, scenario hash);
// conditions are what was merely so (signal strength, temperature, host).
//
// [Create] makes a run directory and gives a [Writer]; [Open] reads one back as a
// [Run]; [List] finds them.
//
// # Conventions of all files
//
// Text is UTF-8, lines end with a line feed. JSON keys are lower snake case and
// values are in base units: bit/s, s, A, V, C, J, B, J/bit, fractions of 1, and
// counts. Times within a run ("t") are int64 nanoseconds since the run's start
// on the host's monotonic clock. What was not measured is absent; it is never 0,
// NaN or null. Secrets are stored as ***. Paths have slashes and are relative to
// the run directory.
//
// # The run directory
//
// It is named <start>-<scenario>, the start in UTC to the second:
// 2026-11-22T184000Z-cipsend-size; -2, -3 and so on are appended when the name
// is taken. The name is the run's ID.
//
// run.json is one object. It is replaced as a whole when something is learnt, so
// a reader sees an old or a new one and never a part:
//
//	schema      version of this format, 1
//	id          name of the directory when it was made
//	start       RFC 3339 time in UTC; zero of all times of the run
//	session     optional: name that ties runs of one sitting together
//	role        optional: what the run is in its session, "reference" or "candidate"
//	release     optional: name of the firmware release, for history
//	tool        version and commit of the program that measured
//	seed        uint64 from which the order of the cases was drawn
//	emulated    true when the figures are the emulator's and not a module's
//	identity    object of strings
//	conditions  object of strings
//	scenario    document: name, title (optional), text (the file as given),
//	            parsed (what was understood, as JSON)
//	rig         document, likewise
//	cases       array in sweep order: key, factors (object of strings), and hash
//	            of the expanded parameters; cases are comparable when it is equal
//	factors     array of the factors' names in sweep order
//
// results.jsonl is the journal: one object per line and repeat, in the order in
// which they ended. A line is written at once and synced before the next repeat
// starts, so a killed run loses at most the repeat in flight. A last line without
// its line feed was cut off and does not count. The keys of a line:
//
//	seq         position in the run, from 1, growing
//	boot        from 1
//	block       from 1
//	repeat      of this case, from 1
//	case        its key
//	factors     object of strings
//	outcome     PASS     measured, inside every limit
//	            FAIL     measured, outside a limit
//	            REFUSED  the module's own error code to this level
//	            SKIPPED  the rig lacks something that the case needs
//	            ERROR    not measured
//	            ABORTED  not measured, because the run was stopped
//	err         optional: one sentence that says why
//	metrics     optional: object of numbers by name, see [Metrics]
//	marks       optional: array of named instants: name, t
//	conditions  optional: object of strings, before and after: rssi, rssi_after
//	counters    optional: object of integers, the link counters' increase
//	samples     optional: path of the samples file
//	power       optional: path of the current trace
//
// samples/000017.parquet holds the raw samples of the result with seq 17, in the
// order in which they were taken. It is an Apache Parquet file without
// compression and with three required columns:
//
//	series      string, dictionary encoded: the name of a row of the metric table
//	            or a name that the link gave
//	t           int64, delta encoded
//	value       double, in the unit of the metric
//
// It is written as samples/000017.parquet.tmp, synced, and renamed before the
// line that names it is written. A row group has 65 536 rows.
//
// power/000017.ppk2 is the current trace of the result with seq 17, of a run whose rig
// has a meter, with power/000017.json beside it; package trace has their format.
// power/begin.ppk2, idle.ppk2 and end.ppk2 are those of the session: the supply
// going off and on before the module joins, the module idle once it has, and the
// supply again after the last case.
//
// events.jsonl has one object per line for live views of a running measurement.
// It is not synced, nothing is computed from it, and its objects are those of the
// program's --json output. It is limited to 16 MiB: when that is reached the last
// line is {"event":"capped", …}. The keys of a line; those that do not apply are absent:
//
//	event       plan      what is going to be measured: results, estimate
//	            boot      the module starts anew: boot
//	            start     a repeat begins: boot, case, repeat, phase (warmup or run)
//	            progress  it goes on, at most five times a second: done, bytes, latency, current
//	            result    it has ended: result is the line of results.jsonl
//	            warning   text
//	            capped    nothing follows: text
//	t           ns since the start of the run
//	side        of an A/B run: A or B
//	results     the least number of results; more come where they vary
//	estimate    how long they are expected to take, ns
//	done        share of the repeat, 0 to 1
//	bytes       payload that the repeat has handed over so far, both ways together. An
//	            upload counts what the module took, so this is no goodput
//	latency     mean of what was timed since the progress before, s: round trips, sends, wakes,
//	            events, or delays, whichever the workload has first
//	current     mean supply current of the last 150 ms that have come from the meter, A
//
// at.log is the AT dialogue in the format of the transport package's trace.
//
// bench.txt is made from the rest when a run ends, in the Go benchmark format;
// see [WriteBench]. Its configuration lines are the identity. benchstat makes a
// table of its own for each configuration, and two firmwares differ in more of
// it than the version. To compare them:
//
//	benchstat -table module,link A/bench.txt B/bench.txt
//
// Any other file, and one that no line of results.jsonl names, is ignored:
// a samples file whose line was never written, a .tmp file, a report.
//
// # Versions of the format
//
// A key may be added within a version; readers pass over keys that they do not
// know. The version goes up when a key, a column or a file goes away, or changes
// its meaning, unit or type. [Open] reads every version from 1 on, and refuses
// one that is newer than itself. A run of each version is kept in
// testdata/schema-N and must open; that of the present version is made again by
// the tests, byte for byte.
package results
