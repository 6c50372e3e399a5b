"use strict";
// st67draw draws one chart as SVG text, in a host that has no document. It gives back
// JSON: Go reads that as one value.
var st67draw = (() => {
  const size = (font) => Number((/([\d.]+)px/.exec(font) || [0, 12])[1]);
  echarts.setPlatformAPI({
    measureText: (text, font) => ({ width: st67measure(text || "", size(font || ""), /bold|[6-9]00/.test(font || "")) }),
  });

  return (optionText, palette, theme, font, width, height) => {
    const option = st67options.optionFor({ option: JSON.parse(optionText), palette }, theme, font, false);
    for (const part of ["toolbox", "dataZoom", "tooltip", "axisPointer"]) delete option[part];
    option.animation = false;
    option.useUTC = true;
    height += st67options.unfold(option, width, (text) => st67measure(text, 12, false), Infinity);
    const drawn = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    drawn.setOption(option);
    const svg = drawn.getZr().painter.renderToString({ cssAnimation: false, cssEmphasis: false });
    const { ink, mutedInk, line, ground } = st67options.themes[theme];
    return JSON.stringify({ svg, height, colours: { ink, mutedInk, line, ground } });
  };
})();
