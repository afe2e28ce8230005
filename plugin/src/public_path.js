// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Chunks are loaded from where Grafana serves the module, which may be below a
// path or elsewhere. Grafana's loader tells a module its address.

import module from 'amd-module';

__webpack_public_path__ = module?.uri ? module.uri.slice(0, module.uri.lastIndexOf('/') + 1) : 'public/plugins/otelcol-usage-app/';
