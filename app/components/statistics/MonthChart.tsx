import { useState } from 'react';
import { Pressable, StyleSheet, View } from 'react-native';
import Svg, { Line, Rect } from 'react-native-svg';

import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { formatMonth, useLanguage } from '@/lib/i18n';

type Props = {
  bars: readonly { month: string; won: number }[];
  selected: string;
  onSelect: (month: string) => void;
};

const HEIGHT = 140;
/** The part of a month's width that its bar fills. */
const FILL = 0.62;

/** A bar per month; a press on one selects it. */
export function MonthChart({ bars, selected, onSelect }: Props) {
  const color = useColor();
  const styles = useStyles();
  const { m, language } = useLanguage();
  const [width, setWidth] = useState(0);
  const most = Math.max(1, ...bars.map(({ won }) => won));
  const step = width / bars.length;
  return (
    <View onLayout={({ nativeEvent }) => setWidth(nativeEvent.layout.width)} testID="month-chart">
      <View style={{ height: HEIGHT }}>
        {width ? (
          <Svg width={width} height={HEIGHT} aria-hidden>
            {bars.map(({ month, won }, i) => {
              const height = won > 0 ? Math.max(3, (won / most) * (HEIGHT - 6)) : 0;
              return (
                <Rect
                  key={month}
                  x={(i + (1 - FILL) / 2) * step}
                  y={HEIGHT - height}
                  width={step * FILL}
                  height={height}
                  rx={4}
                  fill={month === selected ? color.brand : color.brandBar}
                />
              );
            })}
            <Line x1={0} y1={HEIGHT} x2={width} y2={HEIGHT} stroke={color.line} strokeWidth={2} />
          </Svg>
        ) : null}
        <View style={[StyleSheet.absoluteFill, styles.months]} role="radiogroup" aria-label={m.statistics.months}>
          {bars.map(({ month, won }) => (
            <Pressable
              key={month}
              role="radio"
              aria-checked={month === selected}
              aria-label={`${formatMonth(month, language)} ${m.won(won)}`}
              onPress={() => onSelect(month)}
              style={styles.month}
              testID={`month-${month.slice(0, 7)}`}
            />
          ))}
        </View>
      </View>
      <View style={styles.months} aria-hidden>
        {bars.map(({ month }) => (
          <View key={month} style={styles.month}>
            <Label kind={month === selected ? 'smallStrong' : 'small'} tint={month === selected ? color.brand : color.soft}>
              {Number(month.slice(5, 7))}
            </Label>
          </View>
        ))}
      </View>
    </View>
  );
}

const useStyles = themed(() => ({
  months: { flexDirection: 'row' },
  month: { flex: 1, alignItems: 'center' },
}));
