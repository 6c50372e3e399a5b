"use strict";
// What turns the options of a chart, which are data, into what ECharts takes. It
// needs no browser: the page and the writer of static pictures use it alike.
const st67options = (() => {
  // Distinct colours: Okabe and Ito, told apart with every common colour
  // vision; in the dark the blues are lighter. Ascending colours go from dark to
  // light, or from dim to bright, so that their order shows in grey as well.
  const themes = {
    light: {
      ink: "#1b1f24", mutedInk: "#6b7580", line: "#dfe4e9", ground: "#ffffff",
      distinct: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d1f"],
      ascending: ["#16127a", "#7a16a2", "#c8417b", "#ee7b39"],
      diverging: ["#b35806", "#f1a340", "#f7f4ee", "#7fa9cf", "#2166ac"],
    },
    dark: {
      ink: "#e6e9ec", mutedInk: "#9aa5b1", line: "#30373f", ground: "#14171b",
      distinct: ["#4ea8de", "#f0b43c", "#2fc79b", "#e39bc4", "#f07f3c", "#9bd5f5", "#c9b06a"],
      ascending: ["#7d74ff", "#b565e8", "#f0739c", "#fcc44d"],
      diverging: ["#f1a340", "#8a5a1c", "#24292e", "#2f5f8f", "#6fb1f0"],
    },
  };

  function mix(stops, at) {
    const i = Math.min(Math.floor(at * (stops.length - 1)), stops.length - 2);
    const part = at * (stops.length - 1) - i;
    const channel = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    const rgb = [0, 1, 2].map((k) => Math.round(channel(stops[i], k) * (1 - part) + channel(stops[i + 1], k) * part));
    return "rgb(" + rgb.join(",") + ")";
  }

  function palette(theme, kind, n) {
    const stops = theme[kind];
    if (kind === "distinct" || n < 2) return stops;
    return Array.from({ length: n }, (_, i) => mix(stops, i / (n - 1)));
  }

  function prefixed(v, unit) {
    if (v === 0) return "0";
    const prefixes = [["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1], ["m", 1e-3], ["µ", 1e-6], ["n", 1e-9], ["p", 1e-12]];
    const found = prefixes.find((p) => Math.abs(v) >= p[1] * 0.9995) || prefixes[prefixes.length - 1];
    return String(Number((v / found[1]).toPrecision(3))) + " " + found[0] + unit;
  }

  const percent = (v) => String(Number((100 * v).toPrecision(3))) + " %";

  // An interval: [x, low, high] as a bar with caps, in the colour of its series.
  function interval(params, api) {
    const low = api.coord([api.value(0), api.value(1)]);
    const high = api.coord([api.value(0), api.value(2)]);
    const style = { stroke: api.visual("color"), lineWidth: 1.5, fill: "none" };
    const stroke = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
    return {
      type: "group",
      children: [
        stroke(low[0], low[1], high[0], high[1]),
        stroke(low[0] - 6, low[1], low[0] + 6, low[1]),
        stroke(high[0] - 6, high[1], high[0] + 6, high[1]),
      ],
    };
  }

  const plain = (v) => String(v);
  const bitrate = (v) => prefixed(v, "bit/s");
  const seconds = (v) => prefixed(v, "s");
  const bytes = (v) => prefixed(v, "B");
  const units = Object.fromEntries(["A", "C", "J", "W", "J/bit", "1/s"].map((u) => ["in " + u, (v) => prefixed(v, u)]));
  const course = (format) => (list) => list.map((p) => p.seriesName + ": " + format(p.value[1]) + " at " + seconds(p.value[0])).join("\n");

  // An interval along the x axis: [y, low, high].
  function across(params, api) {
    const low = api.coord([api.value(1), api.value(0)]);
    const high = api.coord([api.value(2), api.value(0)]);
    const style = { stroke: api.visual("color"), lineWidth: 1.5, fill: "none" };
    const stroke = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
    return {
      type: "group",
      children: [
        stroke(low[0], low[1], high[0], high[1]),
        stroke(low[0], low[1] - 6, low[0], low[1] + 6),
        stroke(high[0], high[1] - 6, high[0], high[1] + 6),
      ],
    };
  }

  // A band: all [x, low, high] of a series make one area, which its first item draws.
  function band(params, api) {
    if (params.dataIndexInside > 0) return null;
    const edge = (dim) => Array.from({ length: params.dataInsideLength }, (_, i) => api.coord([api.value(0, i), api.value(dim, i)]));
    return {
      type: "polygon",
      shape: { points: edge(1).concat(edge(2).reverse()) },
      style: { fill: api.visual("color"), fillOpacity: 0.22, stroke: "none" },
      silent: true,
    };
  }

  const digits = (v) => String(Number(v.toPrecision(3)));
  const lifetime = (days) => days < 3 ? digits(24 * days) + " h" : days < 731 ? digits(days) + " d" : digits(days / 365.25) + " y";
  const bounds = (list) => list.map((p) => {
    const [at, one, other] = p.value;
    const amps = (v) => prefixed(v, "A");
    return (other === undefined ? amps(one) : amps(Math.min(one, other)) + " to " + amps(Math.max(one, other))) + " at " + (at < 0 ? "-" : "") + seconds(Math.abs(at));
  }).join("\n");

  // The only functions that an option can name; everything else in it is data.
  const functions = {
    plain,
    percent,
    bitrate,
    seconds,
    bytes,
    plainCourse: course(plain),
    bitrateCourse: course(bitrate),
    bytesCourse: course(bytes),
    ampsCourse: course(units["in A"]),
    ...units,
    itemName: (p) => p.data.name || p.seriesName,
    latency: (list) => list.map((p) => p.seriesName + ": " + percent(p.value[1]) + " within " + prefixed(p.value[0], "s")).join("\n"),
    interval,
    across,
    band,
    lifetime,
    bounds,
    lifetimeOf: (p) => lifetime(p.value[0]),
    firstLine: (p) => (p.name || "").split("\n")[0],
  };
  const places = ["formatter", "renderItem"];
  const colours = ["color", "borderColor", "backgroundColor"];

  // colour is a colour of the theme by its name: "mutedInk"; "distinct:2" is the third
  // of the distinct ones; "ascending" and "diverging" are all of a scale.
  function colour(theme, name) {
    const [kind, i] = name.split(":");
    if (!Object.hasOwn(theme, kind)) throw new Error("no colour " + name);
    return i === undefined ? theme[kind] : theme[kind][i % theme[kind].length];
  }

  function resolve(node, theme) {
    if (Array.isArray(node)) return node.map((v) => resolve(v, theme));
    if (node === null || typeof node !== "object") return node;
    const out = {};
    for (const [key, value] of Object.entries(node)) {
      if (places.includes(key) && typeof value === "string") {
        if (!Object.hasOwn(functions, value)) throw new Error("no function " + value);
        out[key] = functions[value];
      } else if (colours.includes(key) && typeof value === "string") {
        out[key] = colour(theme, value);
      } else {
        out[key] = resolve(value, theme);
      }
    }
    return out;
  }

  function styleAxis(axis, theme, font, narrow) {
    // With its own font: the room for a label is not measured in the chart's.
    axis.axisLabel = Object.assign({}, axis.axisLabel, { color: theme.mutedInk, fontFamily: font });
    if (narrow && axis.type === "category") Object.assign(axis.axisLabel, { fontSize: 11, width: 120, overflow: "truncate" });
    axis.nameTextStyle = axis.nameLocation ? { color: theme.mutedInk } : { color: theme.mutedInk, align: "left" };
    axis.axisLine = Object.assign({ show: true, lineStyle: { color: theme.mutedInk } }, axis.axisLine);
    axis.splitLine = { show: axis.type !== "category", lineStyle: { color: theme.line } };
  }

  // optionFor is the option of a chart under a theme ("light" or "dark"), in a font,
  // for a box that is narrow or not.
  function optionFor(chart, themeName, font, narrow) {
    const theme = themes[themeName];
    const option = resolve(chart.option, theme);
    const named = new Set(option.series.map((s) => s.name));
    option.color = palette(theme, chart.palette, named.size);
    option.backgroundColor = "transparent";
    option.textStyle = { color: theme.ink, fontFamily: font };
    option.legend = Object.assign({ itemWidth: 18, itemGap: 14 }, option.legend, {
      textStyle: { color: theme.ink }, pageTextStyle: { color: theme.ink }, pageIconColor: theme.ink, pageIconInactiveColor: theme.line, inactiveColor: theme.mutedInk,
    });
    option.tooltip = Object.assign({}, option.tooltip, { backgroundColor: theme.ground, borderColor: theme.mutedInk, textStyle: { color: theme.ink } });
    for (const axis of option.xAxis.concat(option.yAxis)) styleAxis(axis, theme, font, narrow);
    for (const s of option.series) if (s.type === "bar") s.itemStyle = Object.assign({ borderColor: theme.ground, borderWidth: 1 }, s.itemStyle);
    return option;
  }

  return { optionFor, themes, prefixed, functions };
})();
