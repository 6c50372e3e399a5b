// Package serve shows a folder of runs in a browser: a list to filter and pick from, the
// report of each run, runs side by side, a comparison of two, the history of a scenario,
// and a measurement while it runs.
//
// # What it is
//
// A [Server] is an http.Handler over one folder. It opens no socket, writes no file and
// keeps nothing between two starts: every page is made from the run directories when it is
// asked for. What it remembers meanwhile, the rows of the list and the last few pages, is
// bound to the times of change of the files behind them.
//
// # The list
//
// A row needs little of a run: the head of run.json and the outcomes of results.jsonl. The
// index keeps the rows, and looks at a directory again when its time of change is another.
// bench.txt is written when a run ends, so a run without it is running when its files were
// written to lately, and was interrupted otherwise; only such a run is looked into every
// time. A run that cannot be read is a row that says so.
//
// # Live
//
// events.jsonl grows while a run goes on. A viewer is sent its lines as server-sent
// events, whose id is the place in the file, so that a connection that was cut goes on where
// it was. When the file has reached its limit the results are followed instead. The stream
// ends when the run does.
//
// # Who may ask
//
// The pages show what the folder holds to whoever may ask, and a web page of anybody can
// make a browser ask. So the host that is asked for must be one of the server's own names
// (else a foreign name that is made to point here could read the pages), requests that come
// from another origin are refused unless somebody followed a link to a page, and beyond
// this machine a token is needed. Only GET and HEAD are answered. Names from a URL are
// looked up in the folder through os.Root, as one element; links in the file system that
// lead out of it are not followed. Strings out of runs are text in every page.
package serve
