// What the page can do beyond print: a slider between two sessions, outlines, a magnifier, a clickable map of change.
// Every picture is already in the page; the script only changes which part a <use> shows, and through which viewBox.
"use strict";
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const role = (root, name) => root.querySelector(`[data-role="${name}"]`);
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  function compare(section) {
    const view = data.views[section.dataset.view];
    const stage = role(section, "stage"), slider = role(section, "slider"), lenses = role(section, "lenses");
    const choice = { before: role(section, "before"), after: role(section, "after") };
    let x = view.width / 2, y = view.height / 2; // what the magnifier looks at

    const update = () => {
      const layer = section.querySelector('input[type="radio"]:checked').value;
      const found = new Set(all(section, "input[data-finding]:checked").map((box) => box.dataset.finding));
      for (const [side, select] of Object.entries(choice)) {
        const session = view.sessions[select.value];
        const panes = all(section, `[data-side="${side}"], [data-lens="${side}"]`);
        for (const pane of panes) {
          role(pane, "base").setAttribute("href", `#${session.prefix}-${layer}`);
          for (const outline of all(pane, ".outline")) {
            outline.setAttribute("href", `#${session.prefix}-${outline.dataset.finding}`);
            outline.classList.toggle("on", found.has(outline.dataset.finding));
          }
        }
        const label = data.words[side].replace("%session", session.session);
        panes[0].setAttribute("aria-label", label);
        role(section, `${side}-name`).textContent = label;
      }
      for (const ramp of all(section, ".ramp-of")) ramp.classList.toggle("on", ramp.dataset.layer === layer);
    };
    const divide = () => stage.style.setProperty("--cut", slider.value);
    const look = () => {
      const half = view.lens;
      x = clamp(x, half, view.width - half);
      y = clamp(y, half, view.height - half);
      for (const lens of all(section, ".lens")) lens.setAttribute("viewBox", `${x - half} ${y - half} ${2 * half} ${2 * half}`);
    };
    const point = (event) => {
      const box = stage.getBoundingClientRect();
      const across = (event.clientX - box.left) / box.width, down = (event.clientY - box.top) / box.height;
      x = across * view.width;
      y = down * view.height;
      look();
      if (event.buttons & 1) {
        slider.value = String(Math.round(clamp(across, 0, 1) * 100));
        divide();
      }
    };

    role(section, "controls").addEventListener("change", update);
    role(section, "controls").addEventListener("submit", (event) => event.preventDefault());
    slider.addEventListener("input", divide);
    stage.addEventListener("pointermove", point);
    stage.addEventListener("pointerdown", (event) => {
      stage.setPointerCapture(event.pointerId);
      point(event);
    });
    lenses.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      x += (step[0] * view.lens) / 4;
      y += (step[1] * view.lens) / 4;
      look();
    });
    update();
    divide();
    look();
  }

  function changeMap(section) {
    const view = data.views[section.dataset.view];
    const map = role(section, "map"), marks = role(section, "marks"), picker = role(section, "picker");
    const session = role(section, "map-session"), finding = role(section, "map-finding"), counts = role(section, "counts");
    const crops = all(section, '[data-role="chosen"] .crop'), notes = all(section, '[data-role="chosen"] [data-role="state"]');
    const ring = role(section, "ring");

    const draw = () => {
      const place = Number(session.value), wanted = finding.value;
      const prefix = view.sessions[place].prefix;
      for (const use of all(marks, "use")) {
        const { session: of, finding: kind } = use.dataset;
        use.classList.toggle("off", of !== prefix || (wanted !== "" && kind !== wanted));
      }
      const known = Object.entries(view.counts).filter(([kind]) => wanted === "" || kind === wanted);
      const count = (status) => String(known.reduce((sum, [, sessions]) => sum + sessions[place][status], 0));
      counts.textContent = data.words.counts.replace("%session", view.sessions[place].session)
        .replace("%faded", count("resolved")).replace("%new", count("new")).replace("%persisting", count("persisting"));
      map.setAttribute("aria-label", data.words.map.replace("%session", counts.textContent));
      all(picker, "option").forEach((option, index) => {
        option.hidden = option.disabled = wanted !== "" && view.tracks[index].finding !== wanted;
      });
      if (picker.selectedOptions[0].disabled) {
        picker.value = String(view.tracks.findIndex((track) => track.finding === wanted));
        choose();
      }
    };
    const choose = () => {
      const track = view.tracks[picker.value];
      const box = `${track.x - track.crop} ${track.y - track.crop} ${2 * track.crop} ${2 * track.crop}`;
      for (const crop of crops) crop.setAttribute("viewBox", box);
      notes.forEach((note, place) => (note.textContent = data.words.statuses[track.statuses[place]] ?? ""));
      ring.setAttribute("transform", `translate(${track.x} ${track.y}) scale(${track.crop})`);
    };
    map.addEventListener("click", (event) => {
      const box = map.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * view.width, y = ((event.clientY - box.top) / box.height) * view.height;
      let best = -1, least = view.width / 10;
      view.tracks.forEach((track, index) => {
        const away = Math.hypot(track.x - x, track.y - y);
        if (away < least && (finding.value === "" || track.finding === finding.value)) [best, least] = [index, away];
      });
      if (best >= 0) {
        picker.value = String(best);
        choose();
      }
    });
    session.addEventListener("change", draw);
    finding.addEventListener("change", draw);
    picker.addEventListener("change", choose);
    draw();
    choose();
  }

  // Folded tables are printed too, in browsers that cannot do it by style alone.
  window.addEventListener("beforeprint", () => all(document, "details").forEach((fold) => (fold.open = true)));
  for (const section of all(document, "section.compare[data-view]")) compare(section);
  for (const section of all(document, "section.change[data-view]")) changeMap(section);
}
