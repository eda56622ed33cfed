import { router } from 'expo-router';
import { View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { ChartBar } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { themed, useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import { useSpending } from '@/lib/queries';
import { lastMonths, thisMonth, wonOf } from '@/lib/statistics';

/** What this month has cost so far, and the way to the statistics. */
export function MonthCard() {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { data } = useSpending();
  if (!data) return null;
  const [last = '', present = ''] = lastMonths(thisMonth(new Date()), 2);
  const won = wonOf(data, present);
  const before = wonOf(data, last);
  return (
    <Card testID="month">
      <Label kind="large" role="heading" aria-level={2}>
        {m.home.thisMonth}
      </Label>
      <View style={styles.row}>
        <View style={styles.grow}>
          <Label kind={won ? 'title' : 'text'} role={undefined} tint={won ? color.text : color.soft} testID="month-won">
            {won ? m.won(won) : m.home.noSpending}
          </Label>
          {before ? (
            <Label kind="small" tint={color.soft}>
              {m.home.lastMonth(m.won(before))}
            </Label>
          ) : null}
        </View>
        <Button compact look="secondary" icon={ChartBar} title={m.home.statistics} onPress={() => router.push('/statistics')} testID="open-statistics" />
      </View>
    </Card>
  );
}

const useStyles = themed(() => ({
  row: { flexDirection: 'row', alignItems: 'center', gap: space.m },
  grow: { flex: 1, minWidth: 0 },
}));
