// Arrow keys step through the points of a chart: the tooltip shows the point, and a
// screen reader says it.
const st67keys = (() => {
  const missing = (item) => {
    const value = item !== null && typeof item === "object" && !Array.isArray(item) ? item.value : item;
    return value === null || value === undefined || value === "-" || (Array.isArray(value) && value.some((v) => v === null || v === "-"));
  };

  // Series that have points of their own: intervals go with the line of the same name.
  function steps(series) {
    return series
      .map((s, index) => ({ index, name: s.name, type: s.type, at: (s.data || []).flatMap((item, i) => (missing(item) ? [] : [i])) }))
      .filter((s, i, all) => s.at.length > 0 && !(s.type === "custom" && all.some((o, j) => j !== i && o.name === s.name && o.type !== "custom")));
  }

  // What the tooltip says of a point.
  function told(option, seriesIndex, dataIndex) {
    const series = option.series[seriesIndex];
    const data = series.data[dataIndex];
    const value = data !== null && typeof data === "object" && !Array.isArray(data) ? data.value : data;
    const point = { seriesName: series.name, seriesIndex, dataIndex, data, value, name: (data && data.name) || "", axisValue: [].concat(value)[0], marker: "" };
    const tooltip = series.tooltip || option.tooltip;
    const format = tooltip.formatter || option.tooltip.formatter;
    if (typeof format !== "function") return series.name + ": " + [].concat(value).join(", ");
    return format(option.tooltip.trigger === "axis" ? [point] : point);
  }

  function hide(drawn) {
    drawn.dispatchAction({ type: "hideTip" });
    drawn.dispatchAction({ type: "updateAxisPointer", currTrigger: "leave" });
  }

  // listen lets the keys step through what view has drawn.
  function listen(view, say) {
    let row = 0, column = -1;
    const show = () => {
      const all = steps(view.option.series);
      if (all.length === 0) return;
      row = (row + all.length) % all.length;
      column = Math.max(0, Math.min(column, all[row].at.length - 1));
      const point = { seriesIndex: all[row].index, dataIndex: all[row].at[column] };
      view.drawn.dispatchAction({ type: "showTip", ...point });
      say(told(view.option, point.seriesIndex, point.dataIndex));
    };
    const moves = {
      ArrowRight: () => column++, ArrowLeft: () => column--, PageDown: () => (column += 10), PageUp: () => (column -= 10),
      Home: () => (column = 0), End: () => (column = Infinity), ArrowDown: () => row++, ArrowUp: () => row--,
    };
    view.box.addEventListener("keydown", (event) => {
      if (!view.drawn || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Escape") return hide(view.drawn);
      if (!Object.hasOwn(moves, event.key)) return;
      event.preventDefault();
      moves[event.key]();
      show();
    });
    view.box.addEventListener("blur", () => view.drawn && hide(view.drawn));
  }

  return { listen, hide };
})();
