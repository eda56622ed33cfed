import { fontFamily, type Palette, radius, size, space, TOUCH } from './theme';

/** The look of the browser's own pickers. */
export const browserInput = (color: Palette) => ({
  minHeight: TOUCH + 4,
  boxSizing: 'border-box',
  border: `1px solid ${color.field}`,
  borderRadius: radius.m,
  padding: `0 ${space.m}px`,
  backgroundColor: color.card,
  color: color.text,
  fontFamily,
  fontSize: size.text + 1,
});
