// The browser's entry: providers, theme, router.
import '@fontsource/barlow-condensed/latin-500.css';
import '@fontsource/barlow-condensed/latin-600.css';
import './ui/tokens.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { App, ConfigProvider } from 'antd';
import type { Locale } from 'antd/es/locale/index.js';
import enUS from 'antd/es/locale/en_US.js';
import zhCN from 'antd/es/locale/zh_CN.js';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { CallError } from './api.ts';
import { LanguageProvider, useLanguage } from './texts.tsx';
import { makeRouter } from './routes.tsx';
import { SchemeProvider, useScheme } from './ui/scheme.tsx';
import { themeOf } from './ui/theme.ts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && !(error instanceof CallError && error.status < 500),
    },
  },
});
const router = makeRouter(queries);

function Themed() {
  const { dark } = useScheme();
  const { language } = useLanguage();
  dayjs.locale(language === 'zh' ? 'zh-cn' : 'en');
  return (
    <ConfigProvider locale={(language === 'zh' ? zhCN : enUS) as unknown as Locale} theme={themeOf(dark)} button={{ autoInsertSpace: false }}>
      <App>
        <RouterProvider router={router} />
      </App>
    </ConfigProvider>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LanguageProvider>
        <SchemeProvider>
          <Themed />
        </SchemeProvider>
      </LanguageProvider>
    </QueryClientProvider>
  </StrictMode>,
);
