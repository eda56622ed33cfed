import { type Href, router, useNavigation } from 'expo-router';

/** Leaves this screen, unless the user has left it already. `fallback` is where to without a screen before this one. */
export function useLeave(fallback: Href): () => void {
  const navigation = useNavigation();
  return () => {
    if (!navigation.isFocused()) return;
    if (router.canGoBack()) router.back();
    else router.replace(fallback);
  };
}
