"""A player of a run on a time line: one source for every page that shows it. Plain JavaScript that loads nothing.

`mountPlayer(root, data)` draws into an element, where `data` is `figures.rollout_player.player_data` with the still
drawings "svg" and "narrow" beside it, or `figures.race_player.race_player_data`: a curtain lies before what is to come.
Play, pause and scrub; the arrow keys go from event to event. Where a reader wants no motion, playing goes in steps from
event to event.
"""

from __future__ import annotations

JS = r"""
function mountPlayer(root, data) {
  const find = (name) => root.querySelector('.' + name);
  const words = data.words, events = data.events, still = matchMedia('(prefers-reduced-motion: reduce)');
  const says = JSON.stringify(data);
  if (root.says === says) return;
  root.stop?.();
  root.says = says;
  for (const [name, value] of Object.entries(data.tokens)) root.style.setProperty('--p-' + name, value);
  const play = find('play'), scrub = find('scrub'), out = find('now'), speed = find('speed'), hair = find('hair');
  const cluster = find('cluster'), list = find('events');
  const first = (events.find((one) => one.bad) ?? events.find((one) => one.t > 0) ?? { t: 0 }).t;
  let now = data.at ?? Math.min(data.end, first + (events.length ? 0.001 : 0)), timer = 0, drawn = '', narrow = false;

  const seconds = (t) => (data.end > 300 && t >= 60
    ? `${Math.floor(t / 60)}:${(t % 60).toFixed(1).padStart(4, '0')}`
    : `${t.toFixed(data.end < 20 ? 2 : 1)} ${words.second}`);
  const text = (value) => { const one = document.createElement('i'); one.textContent = value; return one.innerHTML; };
  const pieceAt = (replica) => replica.pieces.find((one) => one[0] <= now && now < one[1]);
  const box = (replica, piece) => {
    const look = data.looks[piece[3]], dark = piece[3] === 'new' ? data.tokens.on
      : piece[3] === 'gone' ? data.tokens.onattention : data.tokens.ink;
    const paint = `background:${look.fill};border-color:${look.stroke};color:${dark}`;
    const said = `${replica.name} ${replica.version}: ${piece[4]}`;
    return data.roomy
      ? `<div class="pod" style="${paint}" title="${text(said)}"><b>${text(replica.version)}</b>` +
        `<span>${text(piece[4])}</span></div>`
      : `<span class="dot" style="${paint}" title="${text(said)}"></span>`;
  };
  const card = (name, side, inner, bad) =>
    `<div class="node${bad ? ' bad' : ''}"><div class="head"><b>${text(name)}</b><span>${text(side)}</span></div>` +
    `<div class="pods">${inner}</div></div>`;
  const clusterAt = () => {
    const here = new Map();
    for (const replica of data.replicas) {
      const piece = pieceAt(replica);
      if (piece) here.set(piece[2], [...(here.get(piece[2]) ?? []), box(replica, piece)]);
    }
    const there = (node) => node.up <= now && (node.failed || node.down === null || now < node.down);
    const cards = data.nodes.filter(there).map((node) => {
      const boxes = here.get(node.name) ?? [], down = node.down !== null && now >= node.down;
      const known = down && node.noticed !== null && now >= node.noticed;
      const free = data.roomy ? Math.max(0, Math.min(node.slots, data.rows) - boxes.length) : 0;
      const side = known ? node.known : down ? node.gone
        : words.of_slots.replace('{n}', boxes.length).replace('{slots}', node.slots);
      return card(node.name, side, boxes.join('') + '<div class="pod free"></div>'.repeat(free), down);
    });
    const waiting = here.get('');
    if (waiting) cards.push(card(words.waiting, String(waiting.length), waiting.join(''), false));
    return cards.join('');
  };
  const show = () => {
    scrub.value = now; scrub.setAttribute('aria-valuetext', seconds(now)); out.value = seconds(now);
    find('title').textContent = words.at.replace('{t}', seconds(now));
    const plot = narrow ? data.plot.narrow : data.plot.wide;
    const share = now / data.end;
    hair.style.left = `${100 * (plot.left + (plot.right - plot.left) * share)}%`;
    root.style.setProperty('--p-left', `${100 * plot.left}%`);
    root.style.setProperty('--p-right', `${100 * (1 - plot.right)}%`);
    const wanted = clusterAt();
    if (wanted !== drawn) { cluster.innerHTML = wanted; drawn = wanted; }
    let last = -1;
    events.forEach((one, place) => { if (one.t <= now) last = place; });
    [...list.children].forEach((line, place) => {
      line.classList.toggle('past', place <= last); line.classList.toggle('here', place === last);
    });
    const line = list.children[last];
    if (line && list.scrollHeight > list.clientHeight)
      list.scrollTop = line.offsetTop - list.offsetTop - list.clientHeight / 2;
  };
  const go = (t) => { now = Math.min(data.end, Math.max(0, t)); show(); };
  const next = () => events.find((one) => one.t > now + 0.0005);
  const before = () => events.findLast((one) => one.t < now - 0.0015);
  const step = (event) => go(event ? event.t + 0.001 : data.end);
  const stop = () => {
    cancelAnimationFrame(timer); clearTimeout(timer); timer = 0;
    play.textContent = '\u25B6'; play.setAttribute('aria-label', words.play);
  };
  root.stop = stop;
  const tick = (earlier) => {
    if (still.matches) {
      step(next());
      if (now >= data.end) return stop();
      timer = setTimeout(() => tick(0), 1200);
      return;
    }
    timer = requestAnimationFrame((at) => {
      if (!root.isConnected) return stop();
      if (earlier) go(now + (at - earlier) / 1000 * Number(speed.value));
      if (now >= data.end) return stop();
      tick(at);
    });
  };
  play.onclick = () => {
    if (timer) return stop();
    if (now >= data.end) now = 0;
    play.textContent = '\u275A\u275A'; play.setAttribute('aria-label', words.pause);
    tick(0);
  };
  scrub.min = 0; scrub.max = data.end; scrub.step = data.end > 20 ? 0.1 : data.end / 1000;
  scrub.setAttribute('aria-label', words.scrub);
  scrub.oninput = () => { stop(); go(Number(scrub.value)); };
  root.onkeydown = (event) => {
    if (event.target.closest('select')) return;
    const way = { ArrowLeft: () => step(before() ?? { t: -0.001 }), ArrowRight: () => step(next()) }[event.key];
    if (!way) return;
    event.preventDefault(); stop(); way();
  };
  find('back').setAttribute('aria-label', words.before); find('back').title = words.before;
  find('on').setAttribute('aria-label', words.next); find('on').title = words.next;
  find('back').onclick = () => { stop(); step(before() ?? { t: -0.001 }); };
  find('on').onclick = () => { stop(); step(next()); };
  const speeds = data.speeds ?? [1, 5, 20, 60];
  speed.setAttribute('aria-label', words.speed);
  speed.innerHTML = speeds.map((one) => `<option value="${one}">${one}\u00D7</option>`).join('');
  speed.value = speeds.find((one) => data.end / one <= (data.speeds ? 12 : 60)) ?? speeds[speeds.length - 1];
  cluster.setAttribute('aria-label', words.cluster);
  cluster.classList.toggle('dense', !data.roomy);
  root.classList.toggle('brief', Boolean(data.brief));
  root.classList.toggle('curtain', Boolean(data.curtain));
  find('sample').textContent = words.sample;
  find('listed').textContent = words.events;
  list.setAttribute('aria-label', words.events);
  list.replaceChildren(...events.map((one) => {
    const line = document.createElement('li'), button = document.createElement('button');
    button.type = 'button'; button.innerHTML = `<b>${seconds(one.t)}</b> ${text(one.text)}`;
    button.classList.toggle('bad', one.bad);
    button.onclick = () => { stop(); step(one); };
    line.append(button);
    return line;
  }));
  find('more').textContent = words.more;
  const draw = () => {
    narrow = root.clientWidth < 520;
    find('panels').innerHTML = narrow ? data.narrow : data.svg;
    const svg = find('panels').firstElementChild, width = svg.viewBox.baseVal.width;
    const size = data.least ?? (data.brief ? 14.8 : 13.5);
    svg.setAttribute('font-size', Math.max(11, size * width / Math.max(1, svg.clientWidth)));
    show();
  };
  root.sized?.disconnect();
  let seen = -1;
  root.sized = new ResizeObserver(() => {
    if (root.clientWidth !== seen) { seen = root.clientWidth; draw(); }
  });
  stop(); draw(); root.sized.observe(root);
}
"""

CSS = """
.player{font-family:var(--st-font,inherit);color:var(--p-ink);font-size:.9rem;line-height:1.4}
.player *{box-sizing:border-box}
.player .stage{position:relative}
.player .hair{position:absolute;top:1.4rem;bottom:0;width:2px;margin-left:-1px;background:var(--p-ink);
  pointer-events:none}
.player .bar{display:grid;grid-template-columns:var(--p-left) 1fr var(--p-right);align-items:center;margin:.4rem 0}
.player .acts{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .5rem;margin:.4rem 0}
.player .acts .title{flex:1;min-width:12rem}
.player .bar button,.player .acts button,.player select{
  font:inherit;color:inherit;background:var(--p-back);cursor:pointer;
  border:1px solid var(--p-line);border-radius:6px;min-width:2.1rem;height:2.1rem;padding:0 .45rem}
.player .bar .play{justify-self:start;background:var(--p-ink);color:var(--p-back);border-color:var(--p-ink)}
.player .scrub{width:calc(100% + 16px);margin:0 -8px;accent-color:var(--p-ink)}
.player .now{padding-left:.8rem;font-weight:600;white-space:nowrap;font-variant-numeric:tabular-nums}
.player :is(button,input,select):focus-visible{outline:2px solid var(--p-ink);outline-offset:2px}
.player .title,.player .listed{font-weight:600} .player .sample,.player .more{color:var(--p-muted);font-size:.85rem}
.player .cluster{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,11rem),1fr));
  gap:.6rem;margin:.3rem 0}
.player .cluster.dense{grid-template-columns:repeat(auto-fill,minmax(min(100%,8.5rem),1fr))}
.player .node{border:1px solid var(--p-line);border-radius:6px;padding:.35rem .5rem .5rem;min-width:0}
.player .node.bad{border-color:var(--p-attention);background:var(--p-wash)}
.player .head{display:flex;justify-content:space-between;gap:.4rem;margin-bottom:.3rem}
.player .head span{color:var(--p-muted);font-size:.82rem;white-space:nowrap}
.player .node.bad .head span{color:var(--p-attention)}
.player .pods{display:flex;flex-direction:column;gap:.25rem}
.player .dense .pods{flex-flow:row wrap;gap:2px}
.player .pod{display:flex;justify-content:space-between;gap:.4rem;border:1.5px solid;border-radius:3px;
  padding:.1rem .4rem;font-size:.82rem;min-height:1.55rem}
.player .pod span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.player .pod.free{border-color:transparent;background:var(--p-track)}
.player .dot{width:13px;height:13px;border:1.5px solid;border-radius:2px}
.player .events{list-style:none;margin:.2rem 0 0;padding:0;max-height:11rem;overflow-y:auto;
  border:1px solid var(--p-line);border-radius:6px}
.player .events button{all:unset;display:block;width:100%;padding:.15rem .6rem;cursor:pointer;
  color:var(--p-muted);box-sizing:border-box}
.player .events .past button{color:var(--p-ink)} .player .events .here button{background:var(--p-track)}
.player .events button.bad b{color:var(--p-attention)}
.player .events button:focus-visible{outline:2px solid var(--p-ink);outline-offset:-2px}
.player.brief :is(.events,.listed,.more){display:none}
.player.brief,.player.brief :is(.head span,.pod,.pods>*,.cluster *,.sample){font-size:1rem}
.player.brief .head{white-space:nowrap} .player.brief .head b{overflow:hidden;text-overflow:ellipsis}
.player.brief .cluster{grid-template-columns:repeat(auto-fill,minmax(min(100%,7.4rem),1fr));gap:.35rem}
.player.curtain :is(.cluster,.listed){display:none}
.player.curtain .panels svg{max-width:none!important} .player.curtain .stage{overflow:hidden}
.player.curtain .hair{top:0;bottom:1.6rem}
.player.curtain .hair::after{content:'';position:absolute;left:2px;top:0;bottom:0;width:200vw;
  background:var(--p-back)}
@media print{.player :is(.bar,.hair,.acts button,select){display:none} .player .events{max-height:none}}
"""

HTML = """<div class="player"><div class="stage"><div class="panels"></div><div class="hair"></div></div>
<div class="bar"><button type="button" class="play"></button><input type="range" class="scrub">
<output class="now"></output></div>
<div class="acts"><span class="title"></span><span class="sample"></span>
<button type="button" class="back">&#8249;</button><button type="button" class="on">&#8250;</button>
<select class="speed"></select></div>
<div class="cluster" role="group"></div>
<div class="listed"></div><ol class="events"></ol><div class="more"></div></div>"""
