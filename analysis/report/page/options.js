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

  const plain = (v) => String(v);
  const bitrate = (v) => prefixed(v, "bit/s");
  const seconds = (v) => prefixed(v, "s");
  const bytes = (v) => prefixed(v, "B");
  const units = Object.fromEntries(["A", "C", "J", "W", "J/bit", "1/s"].map((u) => ["in " + u, (v) => prefixed(v, u)]));
  const course = (format) => (list) => list.map((p) => p.seriesName + ": " + format(p.value[1]) + " at " + seconds(p.value[0])).join("\n");

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
    cell,
    oneIn,
    third: (p) => String(p.value[2]),
    percentiles: (list) => list.map((p) => p.seriesName + ": " + seconds(p.value[1]) + " at " + oneIn(p.value[0])).join("\n"),
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
    axis.nameTextStyle = axis.nameLocation === "middle" ? { color: theme.mutedInk } : { color: theme.mutedInk, align: "left" };
    axis.axisLine = { show: true, lineStyle: { color: theme.mutedInk } };
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
