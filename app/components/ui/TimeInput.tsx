// The device's picker of a time of day.
import DateTimePicker from '@react-native-community/datetimepicker';
import { useState } from 'react';
import { Platform } from 'react-native';

import { Button } from './Button';
import { Clock } from './icons';
import { timeOf } from '@/lib/dates';
import { useMessages } from '@/lib/i18n';

/** `value` and what `onChange` gets have the form 18:00. */
export type TimeInputProps = { label: string; value: string; onChange: (time: string) => void; testID: string };

export function TimeInput({ label, value, onChange, testID }: TimeInputProps) {
  const m = useMessages();
  /** What the picker shows while it is open. */
  const [chosen, setChosen] = useState<string | null>(null);
  const close = (time: string | null) => {
    setChosen(null);
    if (time && time !== value) onChange(time);
  };
  return (
    <>
      <Button
        look="secondary"
        icon={Clock}
        title={chosen ?? value}
        label={`${label} ${chosen ?? value}`}
        onPress={() => (chosen ? close(chosen) : setChosen(value))}
        testID={testID}
      />
      {chosen ? (
        <DateTimePicker
          mode="time"
          display={Platform.OS === 'ios' ? 'spinner' : 'default'}
          value={new Date(`2030-01-01T${chosen}:00`)}
          onChange={({ type }, date) => {
            const time = type === 'set' && date ? timeOf(date) : null;
            // A wheel of iOS reports each turn; Android's dialog closes itself.
            if (Platform.OS === 'ios') setChosen((before) => time ?? before);
            else close(time);
          }}
        />
      ) : null}
      {chosen && Platform.OS === 'ios' ? (
        <Button compact look="quiet" title={m.common.done} onPress={() => close(chosen)} testID={`${testID}-done`} />
      ) : null}
    </>
  );
}
