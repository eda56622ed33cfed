import { StyleSheet, View, type ViewProps } from 'react-native';

import { color, radius, space } from './theme';

export function Card({ style, ...rest }: ViewProps) {
  return <View style={[styles.card, style]} {...rest} />;
}

const styles = StyleSheet.create({
  card: {
    backgroundColor: color.card,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: color.line,
    padding: space.l,
    gap: space.s,
  },
});
