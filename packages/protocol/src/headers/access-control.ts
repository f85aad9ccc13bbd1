import { type Header, type HeaderValues, defineHeader } from './define-header.ts';

// Users and access lists: 3001 – 3010.

const createUserRequestFields = {
  username: 'string?',
} as const;
export const CreateUserRequestHeader: Header<typeof createUserRequestFields> = defineHeader(
  'CreateUserRequestHeader',
  createUserRequestFields,
);
export type CreateUserRequestHeader = HeaderValues<typeof CreateUserRequestHeader>;

const updateUserRequestFields = {
  username: 'string?',
} as const;
export const UpdateUserRequestHeader: Header<typeof updateUserRequestFields> = defineHeader(
  'UpdateUserRequestHeader',
  updateUserRequestFields,
);
export type UpdateUserRequestHeader = HeaderValues<typeof UpdateUserRequestHeader>;

const deleteUserRequestFields = {
  username: 'string?',
} as const;
export const DeleteUserRequestHeader: Header<typeof deleteUserRequestFields> = defineHeader(
  'DeleteUserRequestHeader',
  deleteUserRequestFields,
);
export type DeleteUserRequestHeader = HeaderValues<typeof DeleteUserRequestHeader>;

const getUserRequestFields = {
  username: 'string?',
} as const;
export const GetUserRequestHeader: Header<typeof getUserRequestFields> = defineHeader(
  'GetUserRequestHeader',
  getUserRequestFields,
);
export type GetUserRequestHeader = HeaderValues<typeof GetUserRequestHeader>;

const listUsersRequestFields = {
  filter: 'string?',
} as const;
export const ListUsersRequestHeader: Header<typeof listUsersRequestFields> = defineHeader(
  'ListUsersRequestHeader',
  listUsersRequestFields,
);
export type ListUsersRequestHeader = HeaderValues<typeof ListUsersRequestHeader>;

const createAclRequestFields = {
  subject: 'string?',
} as const;
export const CreateAclRequestHeader: Header<typeof createAclRequestFields> = defineHeader(
  'CreateAclRequestHeader',
  createAclRequestFields,
);
export type CreateAclRequestHeader = HeaderValues<typeof CreateAclRequestHeader>;

const updateAclRequestFields = {
  subject: 'string?',
} as const;
export const UpdateAclRequestHeader: Header<typeof updateAclRequestFields> = defineHeader(
  'UpdateAclRequestHeader',
  updateAclRequestFields,
);
export type UpdateAclRequestHeader = HeaderValues<typeof UpdateAclRequestHeader>;

const deleteAclRequestFields = {
  subject: 'string?',
  policyType: 'string?',
  resource: 'string?',
} as const;
export const DeleteAclRequestHeader: Header<typeof deleteAclRequestFields> = defineHeader(
  'DeleteAclRequestHeader',
  deleteAclRequestFields,
);
export type DeleteAclRequestHeader = HeaderValues<typeof DeleteAclRequestHeader>;

const getAclRequestFields = {
  subject: 'string?',
} as const;
export const GetAclRequestHeader: Header<typeof getAclRequestFields> = defineHeader(
  'GetAclRequestHeader',
  getAclRequestFields,
);
export type GetAclRequestHeader = HeaderValues<typeof GetAclRequestHeader>;

const listAclsRequestFields = {
  subjectFilter: 'string?',
  resourceFilter: 'string?',
} as const;
export const ListAclsRequestHeader: Header<typeof listAclsRequestFields> = defineHeader(
  'ListAclsRequestHeader',
  listAclsRequestFields,
);
export type ListAclsRequestHeader = HeaderValues<typeof ListAclsRequestHeader>;
