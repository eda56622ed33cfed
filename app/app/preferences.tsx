import { Preferences } from '@/components/account/Preferences';
import { Page } from '@/components/ui/Page';
import { useMessages } from '@/lib/i18n';

/** The settings before sign-in. */
export default function PreferencesScreen() {
  const m = useMessages();
  return (
    <Page title={m.settings.title} back testID="preferences">
      <Preferences />
    </Page>
  );
}
