import { StyleSheet, View } from 'react-native';

import { Card } from '@/components/ui/Card';
import { Label } from '@/components/ui/Label';
import { useColor } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { dayOf } from '@/lib/dates';
import { formatDay, useLanguage } from '@/lib/i18n';
import type { Step } from '@/lib/inventory';
import type { Storage } from '@/lib/useBy';

/** The history of a lot, latest first. */
export function LotHistory({ steps }: { steps: readonly Step[] }) {
  const color = useColor();
  const { m, language } = useLanguage();
  const today = dayOf(new Date());
  const shown = (column: string, value: unknown): string => {
    if (value === null || value === '') return '–';
    if (column === 'storage') return m.storage[value as Storage];
    return column === 'expires_on' ? formatDay(String(value), language, today) : String(value);
  };
  return (
    <Card testID="history">
      <Label kind="large" role="heading" aria-level={2}>
        {m.inventory.history}
      </Label>
      {steps.length === 0 ? <Label tint={color.soft}>{m.inventory.noHistory}</Label> : null}
      {steps.map((step) => (
        <View key={step.id} style={styles.step} testID={`step-${step.action}`}>
          <Label kind="strong">
            {step.reason ? m.inventory.reasons[step.reason] : m.inventory.actions[step.action]} · {formatDay(dayOf(new Date(step.changed_at)), language, today)}
          </Label>
          {Object.entries(step.changes).flatMap(([column, [before, after]]) =>
            m.inventory.step[column]
              ? [
                  <Label key={column} kind="small" tint={color.soft}>
                    {m.inventory.step[column]}: {shown(column, before)} → {shown(column, after)}
                  </Label>,
                ]
              : [],
          )}
        </View>
      ))}
    </Card>
  );
}

const styles = StyleSheet.create({ step: { paddingVertical: space.xs } });
