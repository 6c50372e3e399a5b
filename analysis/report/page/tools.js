// The buttons below a chart: zoom, pictures, and the data behind it.
const st67tools = (() => {
  // A cell of a spreadsheet that begins with = or the like would be a formula there.
  const plain = (cell) => cell.replace(/\s+/g, " ").trim().replace(/^(?=[=@]|[-+](?![\d.]))/, "'");
  const tsv = (table) => [...table.rows].map((row) => [...row.cells].map((c) => plain(c.textContent)).join("\t")).join("\n") + "\n";

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) throw new Error("the browser does not let this page copy");
    }
  }

  // Zooming is for axes that are scales; levels and stacks of shares have nothing between them.
  function zoomable(option) {
    const scale = (axis) => ["value", "log", "time"].includes(axis.type);
    return option.xAxis.every(scale) && option.series.every((s) => ["line", "scatter", "custom", "effectScatter"].includes(s.type));
  }

  // The zoom of ECharts belongs to a toolbox, which has no room here: the buttons stand for it.
  function addZoom(option, theme) {
    if (!zoomable(option)) return;
    option.toolbox = { itemSize: 0, itemGap: 0, showTitle: false, top: 0, right: 0, feature: { dataZoom: { filterMode: "none", brushStyle: { color: theme.mutedInk, opacity: 0.2 } } } };
  }

  function zoomButtons(view, add, say) {
    const zoom = add("Zoom", "Zoom: draw a box over what is to fill the chart", () => {
      const on = zoom.getAttribute("aria-pressed") !== "true";
      zoom.setAttribute("aria-pressed", on);
      view.box.classList.toggle("zooming", on);
      view.drawn.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: on });
      if (on) say("Draw a box over what is to fill the chart. With the keys: plus and minus.");
    });
    zoom.setAttribute("aria-pressed", false);
    const whole = add("Whole", "Show the whole chart again", () => {
      view.drawn.dispatchAction({ type: "dataZoom", batch: zooms().map((z) => ({ dataZoomId: z.id, start: 0, end: 100 })) });
      view.box.focus();
    });
    whole.hidden = true;
    const zooms = () => view.drawn.getModel().queryComponents({ mainType: "dataZoom" });
    const seen = (zoom) => zoom.getPercentRange();
    view.afterInit.push((drawn) => {
      drawn.on("datazoom", () => {
        whole.hidden = zooms().every((z) => seen(z).join() === "0,100");
        // What is drawn by functions of our own is cut at the axes only while there is more beyond them.
        drawn.setOption({ series: view.option.series.map((s) => (s.type === "custom" ? { clip: !whole.hidden } : {})) });
      });
    });
    view.afterPaint.push(() => {
      whole.hidden = true;
      if (zoom.getAttribute("aria-pressed") === "true") view.drawn.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
    });
    // The keys halve or double what is seen, about its middle.
    view.box.addEventListener("keydown", (event) => {
      const grow = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
      if (!view.drawn || !grow || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const across = zooms().find((z) => z.getFirstTargetAxisModel().mainType === "xAxis");
      const [start, end] = seen(across);
      const half = Math.min(50, ((end - start) / 2) * grow), middle = Math.min(Math.max((start + end) / 2, half), 100 - half);
      view.drawn.dispatchAction({ type: "dataZoom", batch: [{ dataZoomId: across.id, start: middle - half, end: middle + half }] });
    });
  }

  // attach puts the buttons of a chart below it.
  function attach(view, say) {
    const { figure, box } = view;
    const bar = Object.assign(document.createElement("div"), { className: "tools" });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Tools of this chart");
    const add = (label, title, act) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label, title });
      button.addEventListener("click", async () => {
        try {
          if (!view.drawn) view.draw();
          await act();
        } catch (problem) {
          say(label + ": " + problem.message);
        }
      });
      bar.append(button);
      return button;
    };
    if (zoomable(view.chart.option)) zoomButtons(view, add, say);
    const details = figure.querySelector("details.data"), table = details.querySelector("table");
    const data = add("Data", "Show or hide the data of this chart as a table", () => {
      details.open = !details.open;
    });
    data.setAttribute("aria-expanded", details.open);
    details.addEventListener("toggle", () => data.setAttribute("aria-expanded", details.open));
    const copied = add("Copy data", "Copy the data as text with tabs, for a spreadsheet", async () => {
      await copy(tsv(table));
      say(`${table.tBodies[0].rows.length} rows copied.`);
      copied.textContent = "Copied";
      setTimeout(() => (copied.textContent = "Copy data"), 2000);
    });
    add("Save PNG", "Save this chart as a picture in pixels", () => st67picture.savePNG(view));
    add("Save SVG", "Save this chart as a picture in lines", () => st67picture.saveSVG(view));
    box.after(bar);
    figure.classList.add("tooled");
  }

  return { attach, addZoom, tsv };
})();
