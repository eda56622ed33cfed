// What a screen shows instead of its content: one component for loading, empty, offline and error states.
import { onlineManager, type UseInfiniteQueryResult, type UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { ActivityIndicator, StyleSheet, View } from 'react-native';

import { CircleAlert, CloudOff, type LucideIcon } from './icons';
import { Label } from './Label';
import { RetryButton } from './RetryButton';
import { useColor } from './scheme';
import { space } from './theme';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';

type Props = { icon?: LucideIcon; title: string; hint?: string; action?: ReactNode; busy?: boolean; alert?: boolean; testID?: string };

export function State({ icon: Icon, title, hint, action, busy, alert, testID }: Props) {
  const color = useColor();
  return (
    <View style={styles.state} testID={testID} role={alert ? 'alert' : busy ? 'status' : undefined}>
      {busy ? <ActivityIndicator size="large" color={color.brand} aria-label={title} /> : Icon && <Icon size={48} color={color.soft} />}
      <Label kind="large" style={styles.centre}>
        {title}
      </Label>
      {hint ? (
        <Label tint={color.soft} style={styles.centre}>
          {hint}
        </Label>
      ) : null}
      {action}
    </View>
  );
}

/** Shows the data of a query, or its loading or error state. Cached data stays visible during a refetch. */
export function Loaded<T>({ query, children }: {
  query: UseQueryResult<T> | UseInfiniteQueryResult<T>;
  children: (data: T) => ReactNode;
}) {
  const m = useMessages();
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />;
  if (query.fetchStatus === 'paused') {
    return <State icon={CloudOff} title={m.problems.offline ?? ''} testID="state-offline" alert />;
  }
  return <State busy title={m.common.loading} testID="state-loading" />;
}

export function Failed({ error, retry, busy }: { error: unknown; retry: () => void; busy?: boolean }) {
  const m = useMessages();
  const problem = problemOf(error);
  return (
    <State
      icon={problem.code === 'offline' ? CloudOff : CircleAlert}
      title={words(m, problem)}
      action={<RetryButton key={problem.retryAt} after={problem.retryAfterS ?? 0} onPress={retry} busy={busy} />}
      testID={problem.code === 'offline' ? 'state-offline' : 'state-error'}
      alert
    />
  );
}

export function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
    () => true,
  );
}

const styles = StyleSheet.create({
  state: { alignItems: 'center', justifyContent: 'center', gap: space.m, padding: space.xl, paddingVertical: space.xxl * 1.5 },
  centre: { textAlign: 'center', maxWidth: 360 },
});
