// The live view: what comes as events becomes figures, points of charts and rows. Everything is bounded, so that a page
// may stay open for days.
(() => {
  try {
    const colours = localStorage.getItem("st67bench-scheme"); // as chosen in a report
    if (colours) document.documentElement.dataset.scheme = colours;
  } catch {} // it is forbidden
  const mostPoints = 1200; // of a series
  const mostRows = 25;
  const mostWarnings = 10;
  const every = 400; // ms between two drawings
  const $ = (id) => document.getElementById(id);
  const main = $("live");
  const { prefixed, functions, optionFor } = st67options;

  const clock = (s) => {
    s = Math.max(0, Math.round(s));
    const two = (v) => String(v).padStart(2, "0");
    return s < 3600 ? Math.floor(s / 60) + ":" + two(s % 60) : Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  };
  const at = (unit) => (list) => list.map((p) => (p.data.name || p.seriesName) + ": " + prefixed(p.value[1], unit) + " at " + clock(p.value[0])).join("\n");
  Object.assign(functions, { clock, "live bit/s": at("bit/s"), "live s": at("s"), "live A": at("A") });

  // thin makes of each four points the least and the greatest, in their order.
  function thin(points) {
    const out = [];
    for (let i = 0; i < points.length; i += 4) {
      const some = points.slice(i, i + 4).filter((p) => typeof p.value[1] === "number");
      if (!some.length) continue;
      let low = some[0], high = some[0];
      for (const p of some) {
        if (p.value[1] < low.value[1]) low = p;
        if (p.value[1] > high.value[1]) high = p;
      }
      out.push(...(low === high ? [low] : low.value[0] < high.value[0] ? [low, high] : [high, low]));
    }
    return out;
  }

  const charts = {
    rate: { unit: "bit/s", axis: "bitrate", line: "payload, as it comes", dots: "goodput of a repeat" },
    latency: { unit: "s", axis: "seconds", line: "mean, as it comes", dots: "of a repeat" },
    current: { unit: "A", axis: "in A", line: "as it comes", dots: "mean of a repeat" },
  };
  for (const c of Object.values(charts)) Object.assign(c, { glimpses: [], results: [], changed: false, drawn: null });

  function add(name, list, x, y, label) {
    const c = charts[name];
    c[list].push(label ? { value: [x, y], name: label } : { value: [x, y] });
    if (c[list].length > mostPoints) c[list] = thin(c[list]);
    c.changed = true;
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function optionOf(c, box) {
    const option = {
      animation: false,
      grid: { left: 12, right: 28, top: 40, bottom: 12, containLabel: true },
      legend: { show: true, top: 0, data: [c.line, c.dots] },
      tooltip: { show: true, trigger: "axis", renderMode: "richText", confine: true, formatter: "live " + c.unit },
      xAxis: [{ type: "value", min: "dataMin", max: "dataMax", axisLabel: { formatter: "clock", hideOverlap: true } }],
      yAxis: [{ type: "value", min: 0, axisLabel: { formatter: c.axis } }],
      series: [
        { type: "line", name: c.line, data: c.glimpses, showSymbol: false, lineStyle: { width: 1.5 } },
        { type: "scatter", name: c.dots, data: c.results, symbolSize: 7 },
      ],
    };
    return optionFor({ id: box.dataset.chart, palette: "distinct", option }, document.documentElement.dataset.scheme || (dark.matches ? "dark" : "light"), getComputedStyle(document.body).fontFamily, box.clientWidth < 500);
  }

  function draw() {
    if (typeof echarts === "undefined") return;
    for (const [name, c] of Object.entries(charts)) {
      if (!c.changed) continue;
      c.changed = false;
      $("chart-section").hidden = $("figure-" + name).hidden = false;
      const box = document.querySelector(`[data-chart="${name}"]`);
      try {
        if (!c.drawn) {
          box.style.height = "280px";
          c.drawn = echarts.init(box, null, { renderer: "svg" });
          new ResizeObserver(() => { c.drawn.resize(); c.changed = true; }).observe(box);
        }
        c.drawn.setOption(optionOf(c, box), true);
        box.dataset.drawn = "yes";
      } catch (problem) {
        console.error(name, problem);
        box.textContent = "This chart could not be drawn (" + problem.message + "); the results are below.";
      }
    }
  }
  dark.addEventListener("change", () => { for (const c of Object.values(charts)) c.changed = true; });

  const fresh = () => ({ planned: 0, estimate: 0, n: 0, seq: 0, share: 0, t: 0, now: "-", rate: 0, latency: 0, current: 0, before: null });
  let state = fresh();

  const first = (metrics, names) => { for (const n of names) if (typeof metrics[n] === "number") return metrics[n]; };
  const timed = ["rtt_p50", "send_latency_p50", "wake_latency_p50", "duration_p50", "delay_down_p50", "delay_up_p50"];
  const repeatOf = (e) => e.case + " " + e.repeat + " " + (e.phase || "");

  const take = {
    plan(e) { state.planned = e.results || 0; state.estimate = (e.estimate || 0) / 1e9; },
    boot(e) { state.now = "boot " + e.boot; state.before = null; },
    start(e) {
      state.now = e.case + ", repeat " + e.repeat + (e.phase === "warmup" ? " (warm-up)" : "");
      state.share = 0;
      state.before = null;
      for (const c of Object.values(charts)) if (c.glimpses.length) c.glimpses.push({ value: [e.t / 1e9, "-"] });
    },
    progress(e) {
      const x = e.t / 1e9;
      state.share = e.done || 0;
      const b = state.before;
      if (b && b.of === repeatOf(e) && e.bytes > b.bytes && x > b.x) {
        state.rate = 8 * (e.bytes - b.bytes) / (x - b.x);
        add("rate", "glimpses", x, state.rate);
      }
      if (!b || b.of !== repeatOf(e) || (e.bytes || 0) > b.bytes) state.before = { of: repeatOf(e), x, bytes: e.bytes || 0 };
      if (e.latency) add("latency", "glimpses", x, (state.latency = e.latency));
      if (e.current) add("current", "glimpses", x, (state.current = e.current));
    },
    result(e) {
      const r = e.result;
      if (!r || !(r.seq > state.seq)) return; // results.jsonl begins anew where events.jsonl ends
      state.seq = r.seq;
      state.n++;
      state.share = 0;
      const m = r.metrics || {};
      const end = (r.marks || []).reduce((t, k) => Math.max(t, k.t), 0) || e.t || state.t * 1e9;
      const label = r.case + ", repeat " + r.repeat;
      const goodput = first(m, ["goodput", "throughput"]), latency = first(m, timed);
      if (goodput !== undefined) add("rate", "results", end / 1e9, goodput, label);
      if (latency !== undefined) add("latency", "results", end / 1e9, latency, label);
      if (m.current !== undefined) add("current", "results", end / 1e9, m.current, label);
      row([r.case, r.repeat, r.outcome, quantity(goodput, "bit/s"), quantity(latency, "s"), quantity(m.current, "A"), r.err || ""], r.outcome !== "PASS");
    },
    warning(e) {
      const item = document.createElement("li");
      item.textContent = e.text;
      $("warnings").append(item);
      $("warnings").hidden = false;
      if ($("warnings").children.length > mostWarnings) $("warnings").firstChild.remove();
    },
    capped() { take.warning({ text: "The run's events have reached their limit; from here on this page shows its results." }); },
  };

  const quantity = (v, unit) => (v === undefined || !v ? "" : prefixed(v, unit));

  function row(cells, bad) {
    const tr = document.createElement("tr");
    if (bad) tr.className = "marked";
    for (const text of cells) tr.append(Object.assign(document.createElement("td"), { textContent: text }));
    $("rows").prepend(tr);
    if ($("rows").children.length > mostRows) $("rows").lastChild.remove();
  }

  function show() {
    const all = Math.max(state.planned, state.n);
    $("progress").value = all ? Math.min(1, (state.n + state.share) / all) : 0;
    $("share").textContent = state.n + (state.planned ? " of at least " + state.planned : "") + " results" +
      (state.estimate && !ended ? ", about " + clock(state.estimate) + " planned" : "");
    $("now").textContent = ended ? "-" : state.now;
    $("rate").textContent = ended ? "-" : quantity(state.rate, "bit/s") || "-";
    $("latency").textContent = ended ? "-" : quantity(state.latency, "s") || "-";
    $("current").textContent = ended ? "-" : quantity(state.current, "A") || "-";
    $("elapsed").textContent = clock(state.t);
    draw();
  }

  let ended = false;
  const say = (text) => { if ($("state").textContent !== text) $("state").textContent = text; };
  const source = new EventSource(main.dataset.events);
  source.onopen = () => say("running");
  source.onerror = () => { if (!ended) say(source.readyState === EventSource.CLOSED ? "no connection; load the page again" : "connection lost, trying again"); };
  source.onmessage = (message) => {
    const e = JSON.parse(message.data);
    if (typeof e.t === "number") state.t = e.t / 1e9;
    if (Object.hasOwn(take, e.event)) take[e.event](e);
  };
  source.addEventListener("reset", () => {
    state = fresh();
    $("rows").textContent = "";
    for (const c of Object.values(charts)) Object.assign(c, { glimpses: [], results: [], changed: true });
  });
  source.addEventListener("trouble", (message) => { source.close(); say("the run's files cannot be read: " + decodeURIComponent(JSON.parse(message.data))); });
  source.addEventListener("end", (message) => {
    source.close();
    ended = true;
    const e = JSON.parse(message.data);
    say("ended: " + e.verdict + (e.counts ? " (" + e.counts + ")" : ""));
  });
  setInterval(show, every);
})();
