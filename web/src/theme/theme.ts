import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  InputWrapper,
  type MantineColorsTuple,
  Menu,
  Modal,
  Paper,
  Select,
  Tabs,
  Tooltip,
} from '@mantine/core'

/** A calm blue-green; 7 carries white text at 5.6 : 1. */
const brand: MantineColorsTuple = [
  '#e8f6f2',
  '#cfece4',
  '#9edccd',
  '#6bc9b2',
  '#42b89b',
  '#27a586',
  '#148c70',
  '#0a7660',
  '#06624f',
  '#044a3c',
]
/** Neutral with a breath of the brand, for surfaces and lines in the dark scheme. */
const dark: MantineColorsTuple = [
  '#dfe4e3',
  '#c3cac9',
  '#a3acab',
  '#7d8786',
  '#3c4544',
  '#2c3433',
  '#202726',
  '#161b1b',
  '#101414',
  '#0a0d0d',
]

/** Dense and quiet: small controls, hairlines instead of shadows, one accent. Values beside these live in tokens.css. */
export const theme = createTheme({
  colors: { brand, dark },
  primaryColor: 'brand',
  primaryShade: 7,
  respectReducedMotion: true,
  fontFamily: "'Inter Variable', 'Noto Sans', 'Noto Sans Arabic', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', 'DejaVu Sans Mono', monospace",
  defaultRadius: 'md',
  cursorType: 'pointer',
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem' },
    },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Button: Button.extend({ defaultProps: { fw: 550 } }),
    InputWrapper: InputWrapper.extend({ defaultProps: { withAsterisk: false } }), // optional fields say so instead
    Menu: Menu.extend({ defaultProps: { shadow: 'md', position: 'bottom-end', transitionProps: { duration: 80 } } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 100 } },
      styles: { title: { fontWeight: 650, fontSize: '1.0625rem', lineHeight: 1.35 } },
    }),
    ModalHeader: { defaultProps: { role: 'presentation' } }, // a dialog's head is not a banner of the page
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: 'md' } }),
    Select: Select.extend({ defaultProps: { comboboxProps: { shadow: 'md' } } }),
    Tabs: Tabs.extend({
      defaultProps: { keepMounted: false },
      styles: { list: { flexWrap: 'nowrap', overflow: 'auto hidden', scrollbarWidth: 'none' } }, // on a phone tabs scroll, they never wrap
    }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } } }),
  },
})

/** Second-rank text and placeholders that pass 4.5 : 1 on every surface; the library's own do not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#56615f',
    '--mantine-color-placeholder': '#66716f',
    '--mantine-color-default-border': '#dbe1df',
    '--mantine-color-error': '#c02626',
    '--mantine-color-yellow-light': 'var(--warn-bg)',
    '--mantine-color-yellow-light-color': 'var(--warn-text)',
  },
  dark: {
    '--mantine-color-body': '#101414',
    '--mantine-color-dimmed': '#9ba6a4',
    '--mantine-color-placeholder': '#8d9896',
    '--mantine-color-default': '#161b1b',
    '--mantine-color-gray-light': '#242c2b', // the library's own is darker than the page: a hole, not a surface
    '--mantine-color-gray-light-hover': '#2c3433',
    '--mantine-color-gray-light-color': '#c3cac9',
    '--mantine-color-default-border': '#2c3433',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-yellow-light': 'var(--warn-bg)',
    '--mantine-color-yellow-light-color': 'var(--warn-text)',
  },
})
