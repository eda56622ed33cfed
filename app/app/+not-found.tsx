import { router } from 'expo-router';

import { Button } from '@/components/ui/Button';
import { CircleHelp } from '@/components/ui/icons';
import { State } from '@/components/ui/State';
import { useMessages } from '@/lib/i18n';

export default function NotFound() {
  const m = useMessages();
  return (
    <State
      icon={CircleHelp}
      title={m.common.noPage}
      action={<Button look="secondary" title={m.common.toStart} onPress={() => router.replace('/')} />}
      testID="not-found"
    />
  );
}
