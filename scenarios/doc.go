// Package scenarios reads the two files that a user writes: the scenario, which
// says what to measure, and the rig, which says on what.
//
// # Concepts
//
// A scenario is portable and committed: it never names a device path or holds a
// password. It has one [Workload] (what one repeat does), a sweep of factors
// with their levels, a plan of [Repeats], and limits. [Parse] reads it,
// [Scenario.Expand] turns the sweep into cases, one per combination of levels,
// and [Order] says in which order the blocks of repeats run.
//
// A rig file names the link to the module, the Wi-Fi network, the peer and the
// instruments of one bench. [ParseRig] reads it. Secrets stand in it as
// ${NAME} only and come from the environment; [Rig.Masked] is the form that may
// be stored. A scenario lists what it needs, and [Rig.Lacks] says which of that
// a rig does not have.
//
// [ParseLink] reads a link URL: the scheme says which kind of link it is, the
// target which one, the query how it is set.
//
// # Mistakes
//
// Both parsers are strict and report every mistake at once: the error is an
// [Errors], each [Mistake] in it has file, line and column and says what is
// wrong and what is allowed. YAML that cannot be read at all is one mistake.
// Anchors, aliases, tags and several documents in a file are not used.
//
// # What makes two cases comparable
//
// [Case].Hash is made of the expanded parameters alone: the workload with every
// default filled in and the factors applied, and the setup lines with the
// levels put in. Names, titles, limits, margins, repeats and warmup are not in it, so a
// reworded scenario stays comparable with its own past.
package scenarios
