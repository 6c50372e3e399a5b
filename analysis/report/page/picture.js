// A picture of a chart to keep or pass around: it says what it shows, of what and from
// where, because nothing else goes with it.
const st67picture = (() => {
  const margin = 16;
  const text = (s) => s.replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
  // XML has no place for control characters nor for halves of a pair, and no name may turn the text round.
  const legal = (s) => s.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");

  function wrap(line, font, width) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const rows = [""];
    for (const word of line.split(/\s+/).flatMap((w) => w.match(/.{1,60}/gu) || [])) {
      const longer = (rows[rows.length - 1] + " " + word).trim();
      if (rows[rows.length - 1] && pen.measureText(longer).width > width) rows.push(word);
      else rows[rows.length - 1] = longer;
    }
    return rows;
  }

  // svg is the drawing as it stands, below its title and above where it is from.
  function svg(view) {
    st67keys.hide(view.drawn);
    const theme = st67options.themes[view.scheme], width = view.drawn.getWidth(), height = view.drawn.getHeight();
    const { title, mark, basis, from } = view.about;
    let y = margin, out = "";
    const write = (line, size, weight, colour) => {
      for (const row of wrap(line, `${weight} ${size}px ${view.font}`, width - 2)) {
        out += `<text x="${margin}" y="${y + size}" font-size="${size}" font-weight="${weight}" fill="${colour}">${text(row)}</text>`;
        y += Math.round(size * 1.35);
      }
    };
    if (mark) write(mark.toUpperCase(), 12, 700, theme.ink);
    write(title, 16, 700, theme.ink);
    if (basis) write(basis, 12, 400, theme.mutedInk);
    y += 6;
    // The styles of ECharts are for pointing at things.
    out += view.drawn.renderToSVGString().replace("<svg ", `<svg x="${margin}" y="${y}" `).replace(/<style[^]*?<\/style>/g, "");
    y += height;
    write(from, 12, 400, theme.mutedInk);
    const full = [width + 2 * margin, y + margin];
    return legal(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${full[0]}" height="${full[1]}" viewBox="0 0 ${full[0]} ${full[1]}" ` +
      `font-family="${text(view.font)}" role="img" aria-label="${text(title)}"><rect width="100%" height="100%" fill="${theme.ground}"/>${out}</svg>\n`);
  }

  // png is the same in two pixels for each, as a promise of a Blob.
  async function png(view) {
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg(view));
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
  }

  // name is that of the file: of the report and the chart, in characters that every system takes.
  function name(view, ending) {
    const parts = [view.about.mark && "emulated", document.body.dataset.report, view.id];
    const plain = parts.filter(Boolean).map((p) => p.replace(/[^A-Za-z0-9._]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 80));
    return plain.filter(Boolean).join("-") + "." + ending;
  }

  function save(blob, file) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  return {
    svg,
    saveSVG: async (view) => save(new Blob([svg(view)], { type: "image/svg+xml" }), name(view, "svg")),
    savePNG: async (view) => save(await png(view), name(view, "png")),
  };
})();
