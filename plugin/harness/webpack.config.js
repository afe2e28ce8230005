// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The pages with what Grafana brings, for a browser without Grafana: what
// chromium_test.go shows.

const path = require('path');
const { DefinePlugin, NormalModuleReplacementPlugin } = require('webpack');

module.exports = {
  mode: 'none',
  context: __dirname,
  entry: './index.tsx',
  devtool: false,
  module: {
    rules: [
      { test: /\.m?js$/, resolve: { fullySpecified: false } },
      {
        test: /\.[tj]sx?$/,
        exclude: /node_modules/,
        use: { loader: 'swc-loader', options: { jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } } },
      },
      { test: /\.css$/, use: ['style-loader', 'css-loader'] },
      { test: /\.(svg|png|woff2?|ttf)$/, type: 'asset/inline' },
    ],
  },
  output: { path: path.resolve(__dirname, "../../build/plugin-harness"), filename: 'harness.js', chunkFilename: '[id].js', publicPath: '/harness/' },
  performance: { hints: false },
  plugins: [
    new DefinePlugin({ 'process.env.NODE_ENV': '"production"' }),
    // Of no page, and larger than all of them.
    new NormalModuleReplacementPlugin(/^(ol|monaco-editor)(\/.*)?$/, path.resolve(__dirname, 'nothing.js')),
  ],
  resolve: { extensions: ['.ts', '.tsx', '.mjs', '.js'], fallback: { stream: false, fs: false, path: false } },
};
