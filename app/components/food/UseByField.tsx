import { DateField } from '@/components/ui/DateField';
import { dayOf } from '@/lib/dates';
import { formatDay, useLanguage } from '@/lib/i18n';
import type { Suggested } from '@/lib/queries';

type Props = {
  /** The user's own date: null for no date, undefined to use the estimate. */
  chosen: string | null | undefined;
  suggested: Suggested;
  onChange: (day: string | null | undefined) => void;
  /** What is wrong with the chosen date. */
  problem?: string;
  /** Whether the user may clear an estimated date. */
  clearable?: boolean;
};

/** The use-by date of food that is not in the inventory yet: an estimate until the user changes it. */
export function UseByField({ chosen, suggested: { data, asking }, onChange, problem, clearable }: Props) {
  const { m, language } = useLanguage();
  const own = chosen !== undefined;
  const estimate = data?.expires_on ?? null;
  const hint = () => {
    if (own) return chosen ? m.editor.printed : m.editor.withoutDate;
    if (estimate) return m.editor.estimated(formatDay(estimate, language, dayOf(new Date())));
    if (data) return m.editor.noEstimate;
    return asking ? m.editor.estimating : m.editor.estimatedLater;
  };
  const back = { title: m.editor.useEstimate, onPress: () => onChange(undefined), testID: 'use-estimate' };
  const clear = { title: m.editor.clearDate, onPress: () => onChange(null), testID: 'clear-date' };
  return (
    <DateField
      label={m.editor.useBy}
      value={own ? chosen : estimate}
      hint={problem ?? hint()}
      wrong={problem !== undefined}
      onChange={onChange}
      action={own ? back : clearable && (estimate || !data) ? clear : undefined}
    />
  );
}
