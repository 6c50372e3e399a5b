"use strict";
// What turns the options of a chart, which are data, into what ECharts takes. It
// needs no browser: the page and the writer of static pictures use it alike.
const st67options = (() => {
  // Distinct colours: the hues of Okabe and Ito, told apart with every common colour
  // vision, and as dark or as light as lines on the ground must be. Ascending colours go from dark to
  // light, or from dim to bright, so that their order shows in grey as well.
  const themes = {
    light: {
      ink: "#1b1f24", mutedInk: "#6b7580", line: "#dfe4e9", ground: "#ffffff",
      distinct: ["#0072b2", "#c08800", "#04623f", "#bb5787", "#a94404", "#239ec3", "#4a3208"],
      ascending: ["#16127a", "#7a16a2", "#c8417b", "#e06a28"],
      diverging: ["#b35806", "#f1a340", "#f7f4ee", "#7fa9cf", "#2166ac"],
    },
    dark: {
      ink: "#e6e9ec", mutedInk: "#9aa5b1", line: "#30373f", ground: "#14171b",
      distinct: ["#4ea8de", "#f2cd42", "#34dd94", "#c26f98", "#e4811e", "#c6e8f3", "#8f8048"],
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

  // The SI prefixes, and the least and the greatest power of ten that each unit has one for.
  const prefixes = [["p", -12], ["n", -9], ["µ", -6], ["m", -3], ["", 0], ["k", 3], ["M", 6], ["G", 9]];
  const spans = {
    "bit/s": [0, 9], s: [-9, 0], B: [0, 9], "1/s": [0, 9], A: [-12, 3], V: [-9, 3], C: [-12, 3], J: [-12, 6], W: [-9, 3], "J/bit": [-12, 0],
  };

  function prefixFor(unit, exponent) {
    const has = prefixes.filter((p) => Object.hasOwn(spans, unit) && p[1] >= spans[unit][0] && p[1] <= spans[unit][1]);
    return has.filter((p) => p[1] <= exponent).pop() || has[0] || ["", 0];
  }

  // A time of a minute and more, in whole seconds.
  function longTime(v) {
    if (Math.abs(v) > 1e9) return exponential(v) + " s";
    const all = Math.round(Math.abs(v)), parts = [[Math.floor(all / 3600), "h"], [Math.floor(all / 60) % 60, "m"], [all % 60, "s"]];
    return (v < 0 ? "-" : "") + parts.filter((p) => p[0] > 0).map((p) => p[0] + p[1]).join("");
  }

  const exponential = (v, digits = 2) => v.toExponential(digits).replace(/e([-+])(\d)$/, "e$10$2");

  function wholePercent(p) {
    const size = Math.abs(p);
    const digits = size >= 9.95 ? p.toFixed(0) : size >= 0.0995 ? p.toFixed(1) : size < 1e-11 ? "0" : size < 1e-4 ? exponential(p, 0) : String(Number(p.toPrecision(1)));
    return digits + " %";
  }

  // prefixed writes a quantity as all texts of st67bench have it: three significant digits
  // and a prefix.
  function prefixed(v, unit) {
    if (!Number.isFinite(v)) return "-";
    if (unit === "") return wholePercent(100 * v);
    if (v === 0) return "0 " + unit;
    if (unit === "B" && Math.abs(v) < 10000 && Number.isInteger(v)) return v + " B";
    if (unit === "s" && Math.abs(v) >= 59.95) return longTime(v);
    const [mantissa, exponent] = v.toExponential(2).split("e").map(Number);
    const [prefix, power] = prefixFor(unit, exponent);
    const decimals = Math.max(2 - (exponent - power), 0);
    const shown = mantissa * 10 ** (exponent - power);
    return (decimals > 6 ? exponential(shown) : shown.toFixed(decimals)) + " " + prefix + unit;
  }

  // tick writes a value of an axis: with the digits that it takes to tell the marks apart,
  // which lie close together when zoomed, and no more.
  function tick(v, unit) {
    if (v === 0) return "0";
    const [prefix, power] = prefixFor(unit, Math.floor(Math.log10(Math.abs(v) * 1.0000001)));
    return String(Number((v / 10 ** power).toPrecision(5))) + " " + prefix + unit;
  }

  const percent = (v) => String(Number((100 * v).toPrecision(5))) + " %";

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

  // A cell of a heatmap: [column, row, value, text]. Its text is as light or as dark
  // as can be read on its colour, and left out where it is wider than the cell.
  function cell(params, api) {
    const [x, y] = api.coord([api.value(0), api.value(1)]);
    const [width, height] = api.size([1, 1]);
    const fill = api.visual("color");
    const text = String(api.ordinalRawValue(3));
    const size = 12;
    const children = [{ type: "rect", shape: { x: x - width / 2 + 1, y: y - height / 2 + 1, width: width - 2, height: height - 2 }, style: { fill } }];
    if (text && [...text].length * size * 0.58 < width - 4 && height > size) {
      children.push({ type: "text", style: { x, y, text, fontSize: size, fill: luminance(fill) > 0.18 ? "#14171b" : "#ffffff", align: "center", verticalAlign: "middle" }, silent: true });
    }
    return { type: "group", children };
  }

  // luminance is the relative one of WCAG; at 0.18 black and white are read alike.
  function luminance(colour) {
    const rgb = colour.startsWith("#") ? [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)) : colour.match(/[\d.]+/g).slice(0, 3).map(Number);
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  // oneIn writes 1/(1-q) as a percentile, with as many digits as tell it from its neighbours: 10 is 90 %, 1000 is 99.9 %.
  const oneIn = (v) => (100 * (1 - 1 / v)).toFixed(Math.max(0, Math.ceil(Math.log10(v) - 1e-9) - 2)) + " %";

  const bar = (x1, y1, x2, y2, style) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
  const strokeOf = (api, more) => Object.assign({ stroke: api.visual("color"), lineWidth: 1.5, fill: "none" }, more);

  // An interval that lies in a row: [row, low, high, cut, cut]. Where the axis cuts it, it ends in an arrow.
  function span(params, api) {
    const [left, y] = api.coord([api.value(1), api.value(0)]);
    const right = api.coord([api.value(2), api.value(0)])[0];
    const style = strokeOf(api, { lineWidth: 2 });
    const end = (x, out, cut) => (cut ? [bar(x - out * 7, y - 4, x, y, style), bar(x - out * 7, y + 4, x, y, style)] : [bar(x, y - 5, x, y + 5, style)]);
    return { type: "group", children: [bar(left, y, right, y, style), ...end(left, -1, api.value(3)), ...end(right, 1, api.value(4))] };
  }

  // A part of a row: [row, low, high].
  function band(params, api) {
    const [left, y] = api.coord([api.value(1), api.value(0)]);
    const right = api.coord([api.value(2), api.value(0)])[0];
    const height = api.size([0, 1])[1];
    return { type: "rect", shape: { x: left, y: y - height / 2, width: right - left, height }, style: { fill: api.visual("color"), opacity: api.style().opacity } };
  }

  // A heading over a whole row, from the left edge of the chart: [row, 0, text].
  function heading(params, api) {
    const y = api.coord([0, api.value(0)])[1];
    const below = y + api.size([0, 1])[1] / 2 - 1;
    const { x, width } = params.coordSys;
    const style = { x: 12, y: y + 1, text: String(api.ordinalRawValue(2)), fill: api.visual("color"), stroke: api.style().stroke, lineWidth: 4, fontSize: 13, fontWeight: "bold", align: "left", verticalAlign: "middle" };
    return { type: "group", silent: true, children: [bar(12, below, x + width, below, strokeOf(api, { lineWidth: 0.5, opacity: 0.35 })), { type: "text", style }] };
  }

  // A line through all rows at [x].
  function rule(params, api) {
    const x = api.coord([api.value(0), api.value(1)])[0];
    const { y, height } = params.coordSys;
    return Object.assign(bar(x, y, x, y + height, strokeOf(api)), { silent: true });
  }

  // The left edge of a column of a category axis, and the right one of another, in px.
  function edges(api, from, to) {
    const half = api.size([1, 0])[0] / 2;
    return [api.coord([from, api.value(2)])[0] - half, api.coord([to, api.value(2)])[0] + half];
  }

  // A rectangle over columns: [from, to, low, high].
  function stretch(params, api) {
    const [left, right] = edges(api, api.value(0), api.value(1));
    const low = api.coord([api.value(0), api.value(2)])[1];
    const high = api.coord([api.value(0), api.value(3)])[1];
    return { type: "rect", shape: { x: left, y: high, width: right - left, height: Math.max(low - high, 1) }, style: { fill: api.visual("color"), opacity: api.style().opacity } };
  }

  // A line over columns: [from, to, left, right].
  function level(params, api) {
    const [left, right] = edges(api, api.value(0), api.value(1));
    return bar(left, api.coord([api.value(0), api.value(2)])[1], right, api.coord([api.value(1), api.value(3)])[1], strokeOf(api, { lineWidth: 2.5 }));
  }

  // A dashed line at the left edge of a column, with a text above in one of a few rows, so that neighbours do not overlap.
  function marker(params, api) {
    const { x, y, width, height } = params.coordSys;
    const at = edges(api, api.value(0), api.value(0))[0];
    const top = y - 6 - 15 * api.value(1);
    const right = at > x + width / 2;
    const room = Math.floor(((right ? at - x : x + width - at) - 5) / 6.6); // characters
    const whole = [...String(api.ordinalRawValue(2))];
    const text = whole.length > room ? whole.slice(0, Math.max(room - 1, 0)).join("") + "…" : whole.join("");
    return {
      type: "group",
      children: [
        bar(at, top - 6, at, y + height, strokeOf(api, { lineDash: [5, 4] })),
        { type: "text", style: { x: at + (right ? -5 : 5), y: top, text, fill: api.visual("color"), fontSize: 12, align: right ? "right" : "left", verticalAlign: "middle" } },
      ],
    };
  }

  // A point at a place of a column: [column, place, value].
  function boot(params, api) {
    const [cx, cy] = placed(api, api.value(1), api.value(2));
    return { type: "circle", shape: { cx, cy, r: 4 }, style: { fill: api.visual("color"), opacity: 0.85 } };
  }

  function placed(api, place, value) {
    const [x, y] = api.coord([api.value(0), value]);
    return [x + place * api.size([1, 0])[0], y];
  }

  // A line between two points of a column: [column, place, value, place, value].
  function join(params, api) {
    const from = placed(api, api.value(1), api.value(2));
    const to = placed(api, api.value(3), api.value(4));
    return Object.assign(bar(...from, ...to, strokeOf(api, { lineWidth: 1, opacity: 0.6 })), { silent: true });
  }

  const sign = (v) => (v > 0 ? "+" : "");
  const plain = (v) => String(v);
  const seconds = (v) => prefixed(v, "s");
  const marks = (unit) => (v) => tick(v, unit);
  const units = Object.fromEntries(["A", "C", "J", "W", "J/bit", "1/s"].map((u) => ["in " + u, marks(u)]));
  const course = (unit) => (list) => list.map((p) => p.seriesName + ": " + (unit ? prefixed(p.value[1], unit) : plain(p.value[1])) + " at " + prefixed(p.value[0], "s")).join("\n");

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

  // All [x, low, high] of a series make one area, which its first item draws.
  function area(params, api) {
    if (params.dataIndexInside > 0) return null;
    const edge = (dim) => Array.from({ length: params.dataInsideLength }, (_, i) => api.coord([api.value(0, i), api.value(dim, i)]));
    return {
      type: "polygon",
      shape: { points: edge(1).concat(edge(2).reverse()) },
      style: { fill: api.visual("color"), fillOpacity: 0.22, stroke: "none" },
      silent: true,
    };
  }

  // A part of the x axis, [from, to, low, high], shaded from the bottom of the chart to its top.
  function shade(params, api) {
    const box = params.coordSys;
    const at = (i) => Math.min(Math.max(api.coord([api.value(i), api.value(2)])[0], box.x), box.x + box.width);
    return {
      type: "rect",
      shape: { x: at(0), y: box.y, width: at(1) - at(0), height: box.height },
      style: { fill: api.visual("color"), fillOpacity: 0.32 },
      silent: true,
    };
  }

  const digits = (v) => String(Number(v.toPrecision(3)));
  const lifetime = (days) => days < 3 ? digits(24 * days) + " h" : days < 731 ? digits(days) + " d" : digits(days / 365.25) + " y";
  const bounds = (list) => list.filter((p) => p.seriesType === "line").map((p) => {
    const [at, one, other] = p.value;
    const amps = (v) => prefixed(v, "A");
    return (other === undefined ? amps(one) : amps(Math.min(one, other)) + " to " + amps(Math.max(one, other))) + " at " + (at < 0 ? "-" : "") + seconds(Math.abs(at));
  }).join("\n");

  // The only functions that an option can name; everything else in it is data.
  const functions = {
    plain,
    percent,
    bitrate: marks("bit/s"),
    seconds: marks("s"),
    bytes: marks("B"),
    plainCourse: course(""),
    bitrateCourse: course("bit/s"),
    bytesCourse: course("B"),
    ampsCourse: course("A"),
    ...units,
    itemName: (p) => p.data.name || p.seriesName,
    latency: (list) => list.map((p) => p.seriesName + ": " + percent(p.value[1]) + " within " + prefixed(p.value[0], "s")).join("\n"),
    interval,
    cell,
    oneIn,
    third: (p) => String(p.value[2]),
    percentiles: (list) => list.map((p) => p.seriesName + ": " + seconds(p.value[1]) + " at " + oneIn(p.value[0])).join("\n"),
    signed: (v) => sign(v) + percent(v),
    points: (v) => sign(v) + String(Number((100 * v).toPrecision(3))) + " pp",
    rule, span, band, heading, stretch, level, marker, boot, join,
    across, area, shade, bounds, lifetime,
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

  const list = (v) => (v === undefined ? [] : Array.isArray(v) ? v : [v]);

  const twoLines = { lineHeight: 12, height: 24, overflow: "break", lineOverflow: "truncate" };

  function styleAxis(axis, theme, font, narrow, upright) {
    // With its own font: the room for a label is not measured in the chart's.
    axis.axisLabel = Object.assign({}, axis.axisLabel, { color: theme.mutedInk, fontFamily: font });
    if (narrow && axis.type === "category") {
      axis.axisLabel.fontSize = 11;
      if (list(axis.data).some((d) => [...String(d.value ?? d)].length > 22)) Object.assign(axis.axisLabel, { width: 138 }, upright ? twoLines : { overflow: "truncate" });
    }
    axis.nameTextStyle = axis.nameLocation === "middle" ? { color: theme.mutedInk } : { color: theme.mutedInk, align: "left" };
    axis.axisLine = Object.assign({}, axis.axisLine, { show: true, lineStyle: { color: theme.mutedInk } });
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
    for (const axis of option.xAxis) styleAxis(axis, theme, font, narrow, false);
    for (const axis of option.yAxis) styleAxis(axis, theme, font, narrow, true);
    for (const s of option.series) if (s.type === "bar") s.itemStyle = Object.assign({ borderColor: theme.ground, borderWidth: 1 }, s.itemStyle);
    return option;
  }

  // legendLines is how many lines the legend takes when nothing scrolls it.
  function legendLines(legend, names, width, measure) {
    let lines = 1, at = 0;
    for (const name of names) {
      const item = legend.itemWidth + 5 + measure(String(name));
      if (at > 0 && at + item > width - 10) {
        lines++;
        at = 0;
      }
      at += item + legend.itemGap;
    }
    return lines;
  }

  // unfold shows the whole legend, where that takes at most so many lines, and moves what
  // is below it down; it returns by how many px. measure is the width of a text of 12 px.
  function unfold(option, width, measure, most) {
    if (!option.legend || option.legend.show === false) return 0;
    const drawn = [...new Set(option.series.map((s) => s.name))].filter((name) => name); // a series without a name is not in the legend
    const names = (option.legend.data || drawn).map((entry) => entry.name ?? entry);
    const lines = legendLines(option.legend, names, width, measure);
    if (lines > most) return 0;
    const more = lines < 2 ? 0 : (lines - 1) * (14 + option.legend.itemGap) + 4;
    option.legend.type = "plain";
    if (more > 0) {
      for (const box of list(option.grid).concat(list(option.title))) if (/^\d+$/.test(box.top)) box.top = Number(box.top) + more;
    }
    return more;
  }

  return { optionFor, unfold, themes, prefixed, functions };
})();
