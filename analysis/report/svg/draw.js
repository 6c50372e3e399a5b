"use strict";
// st67draw draws one chart as SVG text, in a host that has no document. It gives back
// JSON: Go reads that as one value.
var st67draw = (() => {
  const size = (font) => Number((/([\d.]+)px/.exec(font) || [0, 12])[1]);
  echarts.setPlatformAPI({
    measureText: (text, font) => ({ width: st67measure(text || "", size(font || ""), /bold|[6-9]00/.test(font || "")) }),
  });

  const list = (v) => (v === undefined ? [] : Array.isArray(v) ? v : [v]);

  // legendLines is how many lines the legend takes when nothing scrolls it.
  function legendLines(legend, names, width) {
    let lines = 1, at = 0;
    for (const name of names) {
      const item = legend.itemWidth + 5 + st67measure(String(name), 12, false);
      if (at > 0 && at + item > width - 10) {
        lines++;
        at = 0;
      }
      at += item + legend.itemGap;
    }
    return lines;
  }

  // unfold shows the whole legend and moves what is below it down by the lines that it takes.
  function unfold(option, width) {
    if (!option.legend || option.legend.show === false) return 0;
    const names = option.legend.data || [...new Set(option.series.map((s) => s.name))];
    const lines = legendLines(option.legend, names, width);
    const more = lines < 2 ? 0 : (lines - 1) * (14 + option.legend.itemGap) + 4;
    option.legend.type = "plain";
    if (more > 0) {
      for (const box of list(option.grid).concat(list(option.title))) if (/^\d+$/.test(box.top)) box.top = Number(box.top) + more;
    }
    return more;
  }

  return (optionText, palette, theme, font, width, height) => {
    const option = st67options.optionFor({ option: JSON.parse(optionText), palette }, theme, font, false);
    for (const part of ["toolbox", "dataZoom", "tooltip", "axisPointer"]) delete option[part];
    option.animation = false;
    option.useUTC = true;
    height += unfold(option, width);
    const drawn = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    drawn.setOption(option);
    const svg = drawn.getZr().painter.renderToString({ cssAnimation: false, cssEmphasis: false });
    const { ink, mutedInk, line, ground } = st67options.themes[theme];
    return JSON.stringify({ svg, height, colours: { ink, mutedInk, line, ground } });
  };
})();
