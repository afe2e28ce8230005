// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Packages of node_modules that are ES modules alone.
const esm = ['@grafana', '@wojtekmaj', 'd3', 'd3-.*', 'get-user-locale', 'marked', 'memoize', 'mimic-function', 'ol', 'react-calendar', 'react-colorful', 'rxjs', 'uuid', 'delaunator', 'internmap', 'robust-predicates', 'color-.*', 'quick-lru', 'rbush', 'geotiff', 'earcut', 'pbf', 'ol-mapbox-style'];

module.exports = {
  testTimeout: 30_000, // on a busy machine
  testEnvironment: 'jest-environment-jsdom',
  setupFilesAfterEnv: ['<rootDir>/jest-setup.js'],
  testMatch: ['<rootDir>/src/**/*.test.{ts,tsx}'],
  moduleNameMapper: { '\\.(css|scss)$': 'identity-obj-proxy', 'react-inlinesvg': '<rootDir>/jest-svg.js' },
  transform: {
    '^.+\\.m?[tj]sx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esm.join('|')})/)`],
};
