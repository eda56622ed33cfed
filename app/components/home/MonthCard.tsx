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
import type { ListedReceipt } from '@/lib/receipts';
import { lastMonths, receiptsOfMonth, thisMonth, wonOf } from '@/lib/statistics';

/** What this month has cost so far, and the way to the statistics. `receipts` are those that the app knows. */
export function MonthCard({ receipts }: { receipts: readonly ListedReceipt[] }) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const known = receiptsOfMonth(receipts, new Date());
  const { data } = useSpending(known);
  if (!data) return null;
  const [last = '', present = ''] = lastMonths(thisMonth(new Date()), 2);
  const isCounted = data.some(({ month }) => month === present);
  const before = wonOf(data, last);
  return (
    <Card testID="month">
      <Label kind="large" role="heading" aria-level={2}>
        {m.home.thisMonth}
      </Label>
      <View style={styles.row}>
        <View style={styles.grow}>
          {isCounted ? (
            <Label kind="title" role={undefined} testID="month-won">
              {m.won(wonOf(data, present))}
            </Label>
          ) : known.length ? null : (
            <Label tint={color.soft} testID="month-won">
              {m.home.noSpending}
            </Label>
          )}
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
