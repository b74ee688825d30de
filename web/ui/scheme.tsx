// Light or dark, remembered per browser; follows the system until chosen.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

const Context = createContext<{ dark: boolean; setDark(d: boolean): void }>({ dark: false, setDark() {} });
const KEY = 'chengshu.scheme';

export function SchemeProvider({ children }: { children: ReactNode }) {
  const [dark, set] = useState(() => localStorage.getItem(KEY) === 'dark');
  useEffect(() => {
    document.documentElement.dataset.scheme = dark ? 'dark' : 'light';
  }, [dark]);
  const value = useMemo(
    () => ({
      dark,
      setDark(d: boolean) {
        localStorage.setItem(KEY, d ? 'dark' : 'light');
        set(d);
      },
    }),
    [dark],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
export const useScheme = () => useContext(Context);
