(() => {
  const data = JSON.parse(document.getElementById("chart-options").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const font = () => getComputedStyle(document.body).fontFamily;

  function draw(chart) {
    const box = document.querySelector(`[data-chart="${chart.id}"]`);
    let drawn = null;
    const paint = () => {
      try {
        if (!drawn) {
          box.textContent = "";
          drawn = echarts.init(box, null, { renderer: "svg" });
        }
        drawn.setOption(st67options.optionFor(chart, dark.matches ? "dark" : "light", font(), box.clientWidth < 500), true);
        box.dataset.drawn = "yes";
      } catch (problem) {
        console.error(chart.id, problem);
        box.textContent = "This chart could not be drawn (" + problem.message + "); the table below has its data.";
      }
    };
    paint();
    dark.addEventListener("change", paint);
    let width = box.clientWidth;
    new ResizeObserver(() => {
      if (!drawn || box.clientWidth === width) return;
      width = box.clientWidth;
      drawn.resize();
      paint();
    }).observe(box);
    addEventListener("beforeprint", () => drawn && drawn.resize());
  }

  // The library arrives as base64 of gzip and becomes one inline script.
  async function load() {
    const packed = Uint8Array.from(atob(document.getElementById("chart-library").textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(plain).text();
    document.head.append(script);
  }

  load().then(() => data.forEach(draw)).catch((problem) => {
    console.error(problem);
    for (const chart of data) {
      document.querySelector(`[data-chart="${chart.id}"]`).textContent = "The charting library did not load (" + problem.message + "); the table below has the data.";
    }
  });
})();
