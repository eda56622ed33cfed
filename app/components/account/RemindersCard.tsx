import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { themed, useColor } from '@/components/ui/scheme';
import { Loaded } from '@/components/ui/State';
import { space } from '@/components/ui/theme';
import { TimeInput } from '@/components/ui/TimeInput';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { canPush } from '@/lib/push';
import { loadReminders, type ReminderChanges, type Reminders, setReminders, zone } from '@/lib/reminders';

const DAYS = [0, 1, 2, 3];
const NIGHT = { quiet_from: '22:00', quiet_until: '07:00' };
const KEY = ['reminders'];

/** When the user is reminded of what reaches its use-by date. */
export function RemindersCard() {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { config, supabase, session, reminders: device } = useBackend();
  const texts = m.settings.reminders;
  const queries = useQueryClient();
  const { sayProblem } = useNotice();
  const [refused, setRefused] = useState(false);
  const query = useQuery({ queryKey: KEY, queryFn: () => loadReminders(supabase) });
  const change = useMutation({
    // One after the other: the last choice is the one that counts.
    scope: { id: 'reminders' },
    mutationFn: async (changes: ReminderChanges) => {
      const reminders = await setReminders(supabase, { ...changes, time_zone: zone(), language: texts.language });
      queries.setQueryData(KEY, reminders);
      if (canPush) setRefused(!(await device.refresh(texts, changes.is_enabled ? 'asked' : 'wake', reminders)));
    },
    onError: sayProblem,
  });

  const choices = (title: string, options: readonly { key: string; text: string; selected: boolean; onPress: () => void }[]) => (
    <View style={styles.group}>
      <Label kind="small" tint={color.soft}>
        {title}
      </Label>
      <View style={styles.row} role="radiogroup" aria-label={title}>
        {options.map(({ key, ...option }) => (
          <Choice key={key} testID={key} {...option} />
        ))}
      </View>
    </View>
  );
  const address = session?.user.email;
  const settings = ({ time_of_day, days_before, by_mail, quiet_from }: Reminders) => (
    <>
      <View style={styles.group}>
        <Label kind="small" tint={color.soft} aria-hidden>
          {texts.time}
        </Label>
        <View style={styles.row}>
          <TimeInput
            label={texts.time}
            value={time_of_day.slice(0, 'HH:MM'.length)}
            onChange={(time) => change.mutate({ time_of_day: time })}
            testID="remind-time"
          />
        </View>
      </View>
      {choices(
        texts.before,
        DAYS.map((days) => ({
          key: `remind-days-${days}`,
          text: texts.days(days),
          selected: days_before === days,
          onPress: () => change.mutate({ days_before: days }),
        })),
      )}
      {choices(texts.quiet, [
        { key: 'quiet-on', text: texts.on, selected: quiet_from !== null, onPress: () => change.mutate(NIGHT) },
        { key: 'quiet-off', text: texts.off, selected: quiet_from === null, onPress: () => change.mutate({ quiet_from: '', quiet_until: '' }) },
      ])}
      {config.reminderMails && address
        ? choices(texts.mail(address), [
            { key: 'remind-mail-on', text: texts.on, selected: by_mail, onPress: () => change.mutate({ by_mail: true }) },
            { key: 'remind-mail-off', text: texts.off, selected: !by_mail, onPress: () => change.mutate({ by_mail: false }) },
          ])
        : null}
      {canPush || by_mail ? null : (
        <Label kind="small" tint={color.soft}>
          {texts.onPhones}
        </Label>
      )}
      {refused ? (
        <Label role="alert" tint={color.danger} testID="reminders-refused">
          {texts.refused}
        </Label>
      ) : null}
    </>
  );

  return (
    <Card testID="reminders">
      <Loaded query={query}>
        {(reminders) => (
          <>
            {choices(texts.title, [
              { key: 'reminders-on', text: texts.on, selected: reminders?.is_enabled === true, onPress: () => change.mutate({ is_enabled: true }) },
              { key: 'reminders-off', text: texts.off, selected: !reminders?.is_enabled, onPress: () => change.mutate({ is_enabled: false }) },
            ])}
            {reminders?.is_enabled ? settings(reminders) : null}
          </>
        )}
      </Loaded>
    </Card>
  );
}

const useStyles = themed(() => ({
  group: { gap: space.s },
  row: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
}));
