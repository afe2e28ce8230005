// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Builds the modules that Grafana loads: the app's and the datasource's. What
// Grafana brings is not in them.

const CopyPlugin = require('copy-webpack-plugin');
const path = require('path');

const { bundled } = require('./dashboards');
const { version } = require('./package.json');

const out = path.resolve(__dirname, process.env.PLUGIN_OUT ?? 'dist');
const app = require('./src/plugin.json').id;

/** The date is that of the commit, if it is said, so that two builds are one. */
const updated = (process.env.PLUGIN_DATE ? new Date(process.env.PLUGIN_DATE) : new Date()).toISOString().slice(0, 10);
const told = (content) => content.toString().replaceAll('%VERSION%', version).replaceAll('%TODAY%', updated);

module.exports = (_, { mode }) => ({
  context: path.resolve(__dirname, 'src'),
  entry: { module: './module.tsx', 'datasource/module': './datasource/module.ts' },
  devtool: mode === 'production' ? false : 'source-map',
  externals: [
    { 'amd-module': 'module' },
    'lodash', 'moment', '@emotion/react', '@emotion/css', 'react', 'react/jsx-runtime', 'react-dom', 'rxjs', 'react-router',
    /^@grafana\/(ui|runtime|data)/i,
  ],
  module: {
    rules: [
      { test: /module\.tsx?$/, use: { loader: 'imports-loader', options: { imports: `side-effects ${path.resolve(__dirname, 'src/public_path.js')}` } } },
      {
        test: /\.[tj]sx?$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: { jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } },
        },
      },
    ],
  },
  output: {
    clean: { keep: /gpx_/ },
    path: out,
    filename: '[name].js',
    chunkFilename: '[name].js?_cache=[contenthash]',
    library: { type: 'amd' },
    publicPath: `public/plugins/${app}/`,
    uniqueName: app,
    crossOriginLoading: 'anonymous',
  },
  performance: { hints: 'error', maxAssetSize: 400_000, maxEntrypointSize: 400_000 },
  plugins: [
    new CopyPlugin({
      patterns: [
        { from: '**/plugin.json', transform: told },
        { from: '**/img/*' },
        { from: '../README.md', transform: told },
        { from: '../CHANGELOG.md' },
        { from: '../../dashboards/json/*.json', to: 'dashboards/[name][ext]', transform: (content) => bundled(content.toString()) },
        { from: '../../LICENSE', to: 'LICENSE', toType: 'file' },
      ],
    }),
  ],
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
});
