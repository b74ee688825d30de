// The two languages of the screens: texts are {zh, en} pairs kept in each slice's texts.ts; Chinese is the source.
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import type { Text } from '#core/contract.ts';

export type Language = 'zh' | 'en';
const Context = createContext<{ language: Language; setLanguage(l: Language): void }>({ language: 'zh', setLanguage() {} });

const KEY = 'chengshu.language';

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, set] = useState<Language>(() => (localStorage.getItem(KEY) === 'en' ? 'en' : 'zh'));
  const value = useMemo(
    () => ({
      language,
      setLanguage(l: Language) {
        localStorage.setItem(KEY, l);
        document.documentElement.lang = l === 'zh' ? 'zh-CN' : 'en';
        set(l);
      },
    }),
    [language],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
export const useLanguage = () => useContext(Context);

/** Gives the function that picks a text in the reader's language, filling `{name}` places. */
export function useText(): (text: Text | string | null | undefined, values?: Record<string, string | number>) => string {
  const { language } = useLanguage();
  return (text, values) => {
    const found = !text ? '' : typeof text === 'string' ? text : (text[language] ?? text.zh);
    return values ? found.replace(/\{(\w+)\}/g, (all, k: string) => String(values[k] ?? all)) : found;
  };
}

/** A choice by language where only a string will do (chart options, file names). */
export const pick = (language: Language, text: Text): string => text[language] ?? text.zh;
