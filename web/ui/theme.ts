// antd's theme from our tokens.
import { type ThemeConfig, theme } from 'antd';

export const themeOf = (dark: boolean): ThemeConfig => ({
  algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
  token: {
    colorPrimary: dark ? '#4c8dff' : '#1F5FD6',
    borderRadius: 4,
    colorSuccess: dark ? '#2fd79b' : '#17844F',
    colorSuccessBg: dark ? '#10322a' : '#E8F6EE',
    colorSuccessBorder: dark ? '#1f5a48' : '#A9DBC0',
    colorError: dark ? '#ff4d5e' : '#CF1322',
    colorWarning: dark ? '#ff8a3d' : '#B84A05',
    colorWarningBg: dark ? '#3a2414' : '#FFF4EC',
    colorWarningBorder: dark ? '#6b3f1d' : '#F3C6A5',
    colorText: dark ? '#e6edf7' : '#16233A',
    colorTextSecondary: dark ? '#a9bad2' : '#4A5B75',
    // Antd's own lighter greys are below 4.5:1 on our grounds.
    colorTextDescription: dark ? '#a9bad2' : '#566479',
    colorTextPlaceholder: dark ? '#8fa1bb' : '#66748a',
    colorBorderSecondary: dark ? '#24324a' : '#E3E9F2',
    colorBgLayout: dark ? '#0B1220' : '#F2F5FA',
    colorBgContainer: dark ? '#121c2e' : '#ffffff',
    fontFamily: 'var(--sans)',
    fontSize: 14,
  },
  components: {
    Layout: { headerBg: dark ? '#0a1a38' : '#0E2F66', headerHeight: 52, headerPadding: '0 16px', siderBg: dark ? '#121c2e' : '#fff', bodyBg: dark ? '#0B1220' : '#F2F5FA' },
    Table: { headerBg: dark ? '#17233a' : '#F5F8FC', headerColor: dark ? '#a9bad2' : '#33445f', cellPaddingBlockMD: 9, cellPaddingBlockSM: 6 },
    Menu: { groupTitleColor: dark ? '#a9bad2' : '#566479', itemHeight: 38, itemBorderRadius: 4, groupTitleFontSize: 13 },
  },
});
