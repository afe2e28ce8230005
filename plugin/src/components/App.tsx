// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Navigate, Route, Routes } from 'react-router-dom';

import { Reports } from '../pages/Reports';
import { Schedules } from '../pages/Schedules';
import { Setup } from '../pages/Setup';
import { Users } from '../pages/Users';
import { WithDatasource } from './context';

export default function App() {
  return (
    <Routes>
      <Route path="reports" element={<WithDatasource><Reports /></WithDatasource>} />
      <Route path="schedules" element={<WithDatasource><Schedules /></WithDatasource>} />
      <Route path="users" element={<WithDatasource><Users /></WithDatasource>} />
      <Route path="setup" element={<Setup />} />
      <Route path="*" element={<Navigate replace to="reports" />} />
    </Routes>
  );
}
