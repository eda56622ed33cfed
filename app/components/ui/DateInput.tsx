// The device's date picker.
import DateTimePicker from '@react-native-community/datetimepicker';
import { useState } from 'react';
import { Platform } from 'react-native';

import { Button } from './Button';
import { Clock } from './icons';
import { dayOf, plausibleDays } from '@/lib/dates';
import { formatDay, useLanguage } from '@/lib/i18n';

export type DateInputProps = { label: string; value: string | null; onChange: (day: string) => void; testID?: string };

export function DateInput({ label, value, onChange, testID }: DateInputProps) {
  const { m, language } = useLanguage();
  const [choosing, setChoosing] = useState(false);
  const { first, last } = plausibleDays(dayOf(new Date()));
  const shown = value ? formatDay(value, language, dayOf(new Date())) : m.result.noDate;
  return (
    <>
      <Button look="secondary" icon={Clock} title={shown} label={`${label} ${shown}`} onPress={() => setChoosing(!choosing)} testID={testID} />
      {choosing ? (
        <DateTimePicker
          mode="date"
          display={Platform.OS === 'ios' ? 'inline' : 'default'}
          minimumDate={new Date(`${first}T12:00:00`)}
          maximumDate={new Date(`${last}T12:00:00`)}
          value={value ? new Date(`${value}T12:00:00`) : new Date()}
          onChange={(event, date) => {
            setChoosing(false);
            if (event.type === 'set' && date) onChange(dayOf(date));
          }}
        />
      ) : null}
    </>
  );
}
