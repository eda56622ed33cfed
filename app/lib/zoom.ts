// Where a photo lies in the window in which it is enlarged and moved.
export type Size = { width: number; height: number };

/** The photo fits into the window at scale 1; `x` and `y` move its centre away from the centre of the window, in px. */
export type View = { scale: number; x: number; y: number };

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
export const MAX_SCALE = 8;

/** The size at scale 1. */
export function fitted(photo: Size, window: Size): Size {
  const ratio = Math.min(window.width / photo.width, window.height / photo.height);
  return { width: photo.width * ratio, height: photo.height * ratio };
}

/** Within the limits: the photo covers the window, or is centred where it is smaller. */
export function limited({ scale, x, y }: View, photo: Size, window: Size): View {
  const size = fitted(photo, window);
  const within = Math.min(MAX_SCALE, Math.max(1, scale));
  const free = (length: number, room: number) => Math.max(0, (length * within - room) / 2);
  const bounded = (value: number, limit: number) => Math.min(limit, Math.max(-limit, value)) || 0;
  return {
    scale: within,
    x: bounded(x, free(size.width, window.width)),
    y: bounded(y, free(size.height, window.height)),
  };
}

/** Scales by `factor` around a point, which stays where it is; in px from the centre of the window. */
export function zoomed(view: View, factor: number, point: { x: number; y: number }): View {
  const scale = Math.min(MAX_SCALE, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
}
