// The way back and forth through what a reader changed: as sim/history.py. States are values as JSON.
globalThis.undoHistory = (start, most) => {
  let now = JSON.stringify(start), past = [], future = [];
  const there = () => JSON.parse(now);
  return {
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    to(state) {   // what was undone is given up; the same state is no step
      const written = JSON.stringify(state);
      if (written === now) return;
      [past, now, future] = [[...past, now].slice(-most), written, []];
    },
    undo() { if (past.length) { future.unshift(now); now = past.pop(); } return there(); },
    redo() { if (future.length) { past.push(now); now = future.shift(); } return there(); },
  };
};
