// Draws the charts when they come near the window, under the colours that the reader
// wants, and each for itself: one that fails says so in its place.
const st67page = (() => {
  const root = document.documentElement;
  const narrow = 500; // px; below it labels are short
  const paper = 680; // px: a page of A4 or Letter between its margins
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const said = document.getElementById("said");
  const say = (text) => (said.textContent = text);
  const legendLines = 8; // a longer legend scrolls
  let printing = false;
  const ruler = document.createElement("canvas").getContext("2d");
  const scheme = () => (printing ? "light" : root.dataset.scheme || (dark.matches ? "dark" : "light"));

  function viewOf(chart) {
    const box = document.querySelector(`[data-chart="${chart.id}"]`);
    const figure = box.closest("figure");
    const line = (selector) => (figure.querySelector(selector) || { textContent: "" }).textContent;
    const mark = document.body.dataset.mark;
    const view = {
      id: chart.id, chart, box, figure, drawn: null, option: null, scheme: "", font: "", afterInit: [], afterPaint: [],
      about: { title: line(`[id="${chart.id}-title"]`), basis: line(".basis"), mark, from: "st67bench report: " + document.body.dataset.report },
    };
    let failed = false, width = 0;
    const height = parseFloat(box.style.height);

    view.draw = () => {
      if (failed) return;
      try {
        if (!view.drawn) {
          box.textContent = "";
          view.drawn = echarts.init(box, null, { renderer: "svg" });
          view.afterInit.forEach((then) => then(view.drawn));
        }
        paint();
        box.dataset.drawn = "yes";
        performance.mark("drawn " + chart.id);
      } catch (problem) {
        fail("This chart could not be drawn (" + problem.message + "); the table below has its data.");
        console.error(chart.id, problem);
      }
    };

    function fail(text) {
      failed = true;
      if (view.drawn) view.drawn.dispose();
      view.drawn = null;
      box.textContent = text;
      box.style.height = "auto";
      figure.classList.remove("tooled");
      figure.querySelectorAll(".tools").forEach((bar) => bar.remove());
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
      figure.querySelector("details.data").open = true;
    }
    view.fail = fail;

    function paint() {
      view.scheme = scheme();
      view.font = getComputedStyle(document.body).fontFamily.replaceAll('"', "'"); // ECharts does not escape it
      view.drawn.resize({ width: printing ? paper : "auto" });
      width = view.drawn.getWidth();
      view.option = st67options.optionFor(chart, view.scheme, view.font, width < narrow);
      ruler.font = "12px " + view.font;
      const more = st67options.unfold(view.option, width, (text) => ruler.measureText(text).width, legendLines);
      box.style.height = height + more + "px";
      view.drawn.resize({ width: printing ? paper : "auto" });
      st67tools.addZoom(view.option, st67options.themes[view.scheme]);
      view.drawn.setOption(view.option, true);
      view.afterPaint.forEach((then) => then());
      const svg = box.querySelector("svg"); // so that paper of any width has all of it
      svg.setAttribute("viewBox", `0 0 ${width} ${view.drawn.getHeight()}`);
    }

    new ResizeObserver(() => {
      if (!view.drawn || printing || box.clientWidth === width || box.clientWidth === 0) return;
      view.draw();
    }).observe(box);

    box.textContent = ""; // what is there for browsers without scripts
    box.tabIndex = 0;
    box.setAttribute("aria-roledescription", "chart; arrow keys step through its points");
    st67tools.attach(view, say);
    st67keys.listen(view, say);
    return view;
  }

  // The library arrives as base64 of gzip and becomes one inline script.
  async function load() {
    const packed = Uint8Array.from(atob(document.getElementById("chart-library").textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(plain).text();
    document.head.append(script);
    if (typeof echarts === "undefined") throw new Error("it is not in this file");
  }

  const views = JSON.parse(document.getElementById("chart-options").textContent).map(viewOf);
  const margin = 400; // px round the window, in which charts are drawn already
  const isNear = ({ top, bottom, width }) => width > 0 && bottom > -margin && top < innerHeight + margin;
  const isFirst = (v) => v === views[0] && v.box.offsetWidth > 0; // it is what a reader sees next, wherever it stands
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      views.find((v) => v.box === entry.target).draw();
    }
  }, { rootMargin: margin + "px" });
  const ready = views.length === 0 ? Promise.resolve() : load().then(
    // What is near is drawn at once: the observer speaks a frame later, which is too late for who takes a picture of the page.
    () => views.forEach((v) => (isFirst(v) || isNear(v.box.getBoundingClientRect()) ? v.draw() : near.observe(v.box))),
    (problem) => {
      console.error(problem);
      views.forEach((v) => v.fail("The charting library did not load (" + problem.message + "); the table below has its data."));
    });
  const repaint = () => views.forEach((v) => v.drawn && v.draw());
  const drawAll = () => ready.then(() => views.forEach((v) => v.drawn || v.draw()));

  // Paper has all charts, light, and no data tables.
  let open = [];
  function print(on) {
    if (on === printing) return;
    printing = on;
    if (on) open = [...document.querySelectorAll("details.data[open]")];
    open.forEach((d) => (d.open = !on));
    if (typeof echarts !== "undefined") views.forEach((v) => (on || v.drawn) && v.draw());
  }
  const media = matchMedia("print");
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(media.matches));
  media.addEventListener("change", () => print(media.matches));

  // A link to what is inside something closed opens it.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let e = target.closest("details"); e; e = e.parentElement.closest("details")) e.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", arrive);
  if (location.hash) arrive();

  // The reader's colours last beyond this page only where the browser remembers them.
  const choice = document.getElementById("scheme");
  const choose = (name) => {
    if (name) root.dataset.scheme = name;
    else delete root.dataset.scheme;
    repaint();
  };
  choice.addEventListener("change", () => {
    choose(choice.value);
    try {
      localStorage.setItem("st67bench-scheme", choice.value);
    } catch {} // it is forbidden
  });
  try {
    choice.value = localStorage.getItem("st67bench-scheme") || "";
    choose(choice.value);
  } catch {} // likewise
  choice.parentElement.hidden = false;
  dark.addEventListener("change", repaint);

  return { views, ready, drawAll };
})();
