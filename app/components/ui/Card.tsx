import { View, type ViewProps } from 'react-native';

import { themed } from './scheme';
import { radius, space } from './theme';

export function Card({ style, ...rest }: ViewProps) {
  const styles = useStyles();
  return <View style={[styles.card, style]} {...rest} />;
}

const useStyles = themed((color) => ({
  card: {
    backgroundColor: color.card,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    padding: space.l,
    gap: space.s,
  },
}));
